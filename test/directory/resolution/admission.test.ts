// Which account may act by which method.
import { expect } from 'chai';
import { decideAdmission } from '../../../src/directory/resolution/admission.js';
import type { Account, PrincipalMethod, Provisioning } from '../../../src/vocabulary/types.js';

const account: Account = {
  userId: '7d1f7f0c-6f3f-4a53-8f0e-2f5d2c5a3b11',
  subject: 'alice',
  authMethod: 'proxy',
  roles: new Set(['viewer']),
  disabled: false,
  pending: false,
};
const methods: readonly PrincipalMethod[] = ['header', 'session', 'token'];
const modes: readonly Provisioning[] = ['create', 'known-users', 'mapped-groups-only', 'pending'];

function refusals(subject: Account | undefined, provisioning: Provisioning = 'create'): (string | undefined)[] {
  return methods.map((method) => {
    const admission = decideAdmission(subject, method, provisioning);
    return admission.admitted ? undefined : admission.code;
  });
}

const all = (code: string | undefined) => [code, code, code];

describe('decideAdmission', () => {
  for (const mode of modes) {
    it(`admits an account with roles by every method (${mode})`, () => {
      expect(refusals(account, mode)).to.deep.equal(all(undefined));
    });

    it(`refuses a disabled account by every method (${mode})`, () => {
      expect(refusals({ ...account, disabled: true }, mode)).to.deep.equal(all('ERR_ACCOUNT_DISABLED'));
    });

    it(`refuses a pending account by every method (${mode})`, () => {
      expect(refusals({ ...account, pending: true }, mode)).to.deep.equal(all('ERR_ACCOUNT_PENDING'));
    });
  }

  it('refuses a request without an account', () => {
    expect(refusals(undefined)).to.deep.equal(all('ERR_ACCOUNT_UNKNOWN'));
    expect(refusals(undefined, 'mapped-groups-only')).to.deep.equal(all('ERR_ACCOUNT_UNMAPPED'));
  });

  it('refuses a header for a local account, which signs in at the host', () => {
    const local: Account = { ...account, authMethod: 'local' };
    expect(refusals(local)).to.deep.equal(['ERR_ACCOUNT_LOCAL', undefined, undefined]);
    expect(refusals({ ...local, disabled: true })).to.deep.equal([
      'ERR_ACCOUNT_LOCAL',
      'ERR_ACCOUNT_DISABLED',
      'ERR_ACCOUNT_DISABLED',
    ]);
  });

  it('refuses a proxy account without roles only in the mode mapped-groups-only', () => {
    const without: Account = { ...account, roles: new Set() };
    expect(refusals(without, 'mapped-groups-only')).to.deep.equal(all('ERR_ACCOUNT_UNMAPPED'));
    for (const mode of modes.filter((other) => other !== 'mapped-groups-only')) {
      expect(refusals(without, mode), mode).to.deep.equal(all(undefined));
    }
    const local: Account = { ...without, authMethod: 'local' };
    expect(refusals(local, 'mapped-groups-only')).to.deep.equal(['ERR_ACCOUNT_LOCAL', undefined, undefined]);
  });
});
