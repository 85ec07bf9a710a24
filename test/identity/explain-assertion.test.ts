// The explanation of identity for hypothetical requests.
import { expect } from 'chai';
import type { IdentityQuestion } from '../../src/identity/explain-assertion.js';
import { type HeaderLoginOn, type IdentityOptions, identifier } from '../../src/identity/identify.js';

const secretValue = 'a-proxy-secret-of-some-length';
const proxySecret = { header: 'X-Proxy-Secret', values: [secretValue] } as const;
const make = (options: Partial<IdentityOptions & HeaderLoginOn> = {}) =>
  identifier({ trustedProxies: ['10.0.0.7'], headers: 'authelia', ...options });
const ask = (
  headers: IdentityQuestion['headers'],
  options: Partial<IdentityOptions & HeaderLoginOn> = {},
  peer = '10.0.0.7',
) => make(options).explain({ headers, peer, target: '/' });

describe('the explanation of identity', () => {
  it('shows a full assertion and the header of each part', () => {
    const headers = [
      ['Host', 'app.example'],
      ['Remote-User', 'jörg'],
      ['remote-groups', 'users,admins'],
      ['Remote-Name', ' Jörg\t'],
      ['Remote-Email', 'j@example.com'],
    ] as const;
    expect(ask(headers)).to.deep.equal({
      peer: { address: '10.0.0.7', trusted: true },
      target: { target: '/', canonical: true, unguarded: false, shared: false },
      proxySecret: { required: false, held: false, assumed: false },
      headers: [
        { name: 'Remote-User', kind: 'user', value: 'jörg' },
        { name: 'remote-groups', kind: 'groups', value: 'users,admins' },
        { name: 'Remote-Name', kind: 'name', value: 'Jörg' },
        { name: 'Remote-Email', kind: 'email', value: 'j@example.com' },
      ],
      verdict: {
        assertion: { subject: 'jörg', displayName: 'Jörg', email: 'j@example.com', groups: ['admins', 'users'] },
      },
    });
  });

  it('reports no user without identity headers', () => {
    expect(ask([['Accept', '*/*']])).to.deep.include({ headers: [], verdict: {} });
  });

  it('decides about peers as the list does', () => {
    const trusted = (peer: string, trustedProxies: readonly string[]) => ask([], { trustedProxies }, peer).peer;
    expect(trusted('::ffff:10.0.0.7', ['10.0.0.7'])).to.deep.equal({ address: '10.0.0.7', trusted: true });
    expect(trusted('10.0.0.8', ['10.0.0.7'])).to.deep.equal({ address: '10.0.0.8', trusted: false });
    expect(trusted('fd00::8', ['fd00::/64'])).to.deep.equal({ address: 'fd00::8', trusted: true });
    expect(trusted('unix', ['unix'])).to.deep.equal({ trusted: true });
    expect(trusted('unix', ['10.0.0.7'])).to.deep.equal({ trusted: false });
  });

  it('names the fault of each header, whatever refuses the request first', () => {
    const headers = [
      ['Remote-User', 'alice'],
      ['Remote-User', 'mallory'],
      ['Remote_User', 'root'],
      ['Remote-Name', '(null)'],
      ['Remote-Email', 'x'.repeat(256)],
      ['Remote-Groups', 'dc=example,dc=org'],
    ] as const;
    const { verdict, headers: shown } = ask(headers, {}, '192.0.2.1');
    expect(verdict).to.deep.equal({ code: 'ERR_PEER_UNTRUSTED' });
    expect(shown.map(({ kind, code }) => [kind, code])).to.deep.equal([
      ['user', undefined],
      ['user', 'ERR_HEADER_DUPLICATE'],
      ['alias', 'ERR_HEADER_ALIAS'],
      ['name', 'ERR_HEADER_PLACEHOLDER'],
      ['email', 'ERR_HEADER_TOO_LONG'],
      ['groups', 'ERR_GROUPS_FORMAT'],
    ]);
    expect(shown.map(({ value }) => value).slice(0, 4)).to.deep.equal(['alice', 'mallory', 'root', '(null)']);
  });

  it('shows no value that cannot be decoded', () => {
    const { headers, verdict } = ask([['Remote-User', '=?utf-8?q?admin?=']]);
    expect(headers).to.deep.equal([{ name: 'Remote-User', kind: 'user', code: 'ERR_HEADER_ENCODING' }]);
    expect(verdict).to.deep.equal({ code: 'ERR_HEADER_ENCODING' });
  });

  it('decodes values with the proxy’s encoding', () => {
    for (const [encoding, value] of [
      ['utf-8', 'jörg'],
      ['latin-1', 'jörg'],
      ['percent', 'j%C3%B6rg'],
      ['base64url', 'asO2cmc'],
    ] as const) {
      const { verdict } = ask([['X-User', value]], { headers: { user: 'X-User', encoding } });
      expect(verdict, encoding).to.deep.equal({ assertion: { subject: 'jörg' } });
    }
  });

  it('accepts a repeated groups header only if repetition is configured', () => {
    const headers = [
      ['X-User', 'al'],
      ['X-Groups', 'one'],
      ['X-Groups', 'two'],
    ] as const;
    const names = { user: 'X-User', groups: 'X-Groups' };
    const repeated = ask(headers, { headers: { ...names, groupsRepeat: true } });
    expect(repeated.verdict).to.deep.equal({ assertion: { subject: 'al', groups: ['one', 'two'] } });
    expect(repeated.headers.every(({ code }) => code === undefined)).to.equal(true);
    const once = ask(headers, { headers: names });
    expect(once.headers[2]).to.include({ code: 'ERR_HEADER_DUPLICATE' });
  });

  it('reports whether the request held the proxy secret, and nothing else about it', () => {
    const close = `${secretValue.slice(0, -1)}!`;
    const outcomes = [
      [[], false, undefined, true],
      [[['X-Proxy-Secret', secretValue]], true, undefined, false],
      [[['X-Proxy-Secret', close]], false, 'ERR_PROXY_SECRET', false],
      [[['X-Proxy-Secret', 'x']], false, 'ERR_PROXY_SECRET', false],
      [[['x_proxy_secret', secretValue]], false, 'ERR_HEADER_ALIAS', true],
      [
        [
          ['X-Proxy-Secret', secretValue],
          ['X-Proxy-Secret', close],
        ],
        false,
        'ERR_HEADER_DUPLICATE',
        false,
      ],
    ] as const;
    for (const [fields, held, code, assumed] of outcomes) {
      const explanation = ask([['Remote-User', 'alice'], ...fields], { proxySecret });
      expect(explanation.proxySecret).to.deep.equal({ required: true, held, assumed });
      expect('code' in explanation.verdict ? explanation.verdict.code : undefined).to.equal(code);
      const told = JSON.stringify(explanation);
      expect(told, told).to.not.include(secretValue).and.to.not.include(close);
      expect(explanation.headers.at(-1)?.code).to.equal(code);
    }
    const [one, other] = [close, 'x'.repeat(secretValue.length)].map((value) =>
      JSON.stringify(ask([['X-Proxy-Secret', value]], { proxySecret })),
    );
    expect(one).to.equal(other);
  });
});
