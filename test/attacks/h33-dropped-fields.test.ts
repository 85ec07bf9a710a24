// H33: a request has so many header fields that Node drops some, including identity headers.
import { expect } from 'chai';
import { identifier } from '../../src/identity/identify.js';
import { startIdentityServer } from '../support/identity-server.js';
import { codeOf } from '../support/refusal.js';

const junk = (count: number) => Array.from({ length: count }, (_, index) => [`X-${index}`, ''] as const);

describe('H33: more header fields than Node keeps', () => {
  it('are refused from 900 fields on, with and without an identity header', async () => {
    const server = await startIdentityServer({ unguardedPaths: ['/api'] });
    try {
      const user = ['Remote-User', 'alice'] as const;
      // With Host and Remote-User, these are 899 and 900 fields.
      expect((await server.get('/', [...junk(897), user])).assertion?.subject).to.equal('alice');
      for (const fields of [
        [...junk(898), user],
        [...junk(1200), user],
        [user, ...junk(1200)],
        junk(899),
        junk(1200),
      ]) {
        expect(await server.get('/', fields)).to.include({ status: 400, code: 'ERR_HEADER_COUNT' });
      }
      expect((await server.get('/api/x', junk(1200))).code).to.equal('ERR_HEADER_COUNT');
    } finally {
      await server.stop();
    }
  });

  it('never hide a second copy of a header', async () => {
    const server = await startIdentityServer();
    try {
      const fields = [['Remote-User', 'admin'], ...junk(1200), ['Remote-User', 'alice']] as const;
      expect((await server.get('/', fields)).code).to.equal('ERR_HEADER_COUNT');
    } finally {
      await server.stop();
    }
  });

  it('are refused at app endpoints from every client', () => {
    const identity = identifier({ trustedProxies: ['loopback'], headers: 'authelia' });
    expect(codeOf(() => identity.refuseIdentity({ rawHeaders: junk(900).flat() }))).to.equal('ERR_HEADER_COUNT');
    expect(identity.refuseIdentity({ rawHeaders: junk(899).flat() })).to.equal(undefined);
  });

  it('have a lower limit if the host lowers maxHeadersCount', async () => {
    const server = await startIdentityServer();
    server.server.maxHeadersCount = 50;
    try {
      const fields = [['Remote-User', 'admin'], ...junk(100), ['Remote-User', 'alice']] as const;
      expect((await server.get('/', fields)).code).to.equal('ERR_HEADER_COUNT');
      expect((await server.get('/', [...junk(40), ['Remote-User', 'alice']])).assertion?.subject).to.equal('alice');
    } finally {
      await server.stop();
    }
  });
});
