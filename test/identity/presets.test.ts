// Presets, and headers by name.
import { expect } from 'chai';
import { headerPlan, presetNames } from '../../src/identity/presets.js';
import { refusalOf } from '../support/refusal.js';

const told = (headers: unknown): string => {
  const refusal = refusalOf(() => headerPlan(headers));
  expect(refusal.code).to.equal('ERR_CONFIG');
  return refusal.message;
};

describe('presets', () => {
  it('have the headers of each proxy', () => {
    const table = presetNames.map((name) => {
      const { user, groups, name: display, email, groupFormat } = headerPlan(name);
      return [name, user, groups, display, email, groupFormat];
    });
    expect(table).to.deep.equal([
      ['authelia', 'remote-user', 'remote-groups', 'remote-name', 'remote-email', { separator: ',' }],
      [
        'authentik',
        'x-authentik-username',
        'x-authentik-groups',
        'x-authentik-name',
        'x-authentik-email',
        { separator: '|' },
      ],
      [
        'oauth2-proxy',
        'x-forwarded-user',
        'x-forwarded-groups',
        'x-forwarded-preferred-username',
        'x-forwarded-email',
        { separator: ',' },
      ],
      [
        'oauth2-proxy-auth-request',
        'x-auth-request-user',
        'x-auth-request-groups',
        'x-auth-request-preferred-username',
        'x-auth-request-email',
        { separator: ',' },
      ],
    ]);
  });

  it('are suggested for a misspelled name', () => {
    expect(told('authelai')).to.match(/did you mean 'authelia'\?.*saw "authelai"/);
    expect(told('Authentik')).to.include("did you mean 'authentik'?");
    expect(told('oauth2_proxy')).to.include("did you mean 'oauth2-proxy'?");
    expect(told('nginx')).to.include("'authelia', 'authentik'").and.not.include('did you mean');
    expect(told('toString')).to.include('expected a preset');
  });
});

describe('headers by name', () => {
  it('use defaults for omitted options', () => {
    expect(headerPlan({ user: 'Auth-User' })).to.deep.equal({
      user: 'auth-user',
      groups: undefined,
      name: undefined,
      email: undefined,
      groupFormat: { separator: ',' },
      groupsRepeat: false,
      encoding: 'utf-8',
    });
  });

  it('accept every group format', () => {
    const format = (more: object): unknown => headerPlan({ user: 'u', groups: 'g', ...more }).groupFormat;
    expect(format({ groupSeparator: '; ' })).to.deep.equal({ separator: '; ' });
    expect(format({ groupSeparator: 'json' })).to.equal('json');
    expect(format({ groupSeparator: 'dn' })).to.equal('dn');
    expect(format({ groupsRepeat: true })).to.equal('single');
    expect(format({ groupsRepeat: true, groupSeparator: '|' })).to.deep.equal({ separator: '|' });
  });

  it('suggest the option that was meant', () => {
    expect(told({ user: 'u', group: 'g' })).to.include("did you mean 'groups'?");
    expect(told({ user: 'u', groups: 'g', groupSeperator: '|' })).to.include("did you mean 'groupSeparator'?");
    expect(told({ user: 'u', groups: 'g', groupSeparator: 'jsn' })).to.include("did you mean 'json'?");
    expect(told({ user: 'u', encoding: 'utf8' })).to.include("did you mean 'utf-8'?");
  });

  it('refuse invalid values', () => {
    for (const headers of [undefined, null, true, [], {}, { user: '' }, { user: 7 }, { user: 'remote user' }])
      told(headers);
    for (const user of ['Remote-User:', 'Cookie', 'connection', 'X-Forwarded-For', 'Authorization', 'ü'])
      told({ user });
    for (const groupSeparator of ['', ' ', 'a', 7, null]) told({ user: 'u', groups: 'g', groupSeparator });
    told({ user: 'u', groupSeparator: '|' });
    told({ user: 'u', groupsRepeat: true });
    told({ user: 'u', groups: 'g', groupsRepeat: 'yes' });
    told({ user: 'u', encoding: 'rot13' });
  });
});
