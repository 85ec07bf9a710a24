// The decision of identity on one request, and the order of its refusals.
import { expect } from 'chai';
import { absentGroupsModes } from '../../src/identity/assertion.js';
import type { HeaderLoginOn, IdentityOptions, IdentityRequest } from '../../src/identity/identify.js';
import { explainedIdentifier } from '../support/explained.js';
import { codeOf, refusalOf } from '../support/refusal.js';
import { requestWith, socketFrom } from './stand-ins.js';

const secretValue = 'a-proxy-secret-of-some-length';
const make = (options: Partial<IdentityOptions & HeaderLoginOn> = {}) =>
  explainedIdentifier({ trustedProxies: ['loopback'], headers: 'authelia', ...options });
const alice = [
  ['Remote-User', 'alice'],
  ['Remote-Groups', 'users,admins'],
  ['Remote-Name', 'Älice'],
  ['Remote-Email', 'alice@example.com'],
] as const;

describe('identify', () => {
  it('reads a full assertion', () => {
    expect(make().identify(requestWith(alice))).to.deep.equal({
      unguarded: false,
      assertion: {
        subject: 'alice',
        displayName: 'Älice',
        email: 'alice@example.com',
        groups: ['admins', 'users'],
      },
    });
  });

  it('reports no user without identity headers, whatever the peer', () => {
    const identity = make({ unguardedPaths: ['/api'] });
    const stranger = { ...requestWith([]), socket: socketFrom('203.0.113.9') };
    expect(identity.identify(requestWith([]))).to.deep.equal({ unguarded: false });
    expect(identity.identify(stranger)).to.deep.equal({ unguarded: false });
    expect(identity.identify(requestWith([], '/api/x'))).to.deep.equal({ unguarded: true });
    expect(identity.identify(requestWith([], '//x/../y'))).to.deep.equal({ unguarded: false });
  });

  it('distinguishes absent from empty', () => {
    const of = (...fields: (readonly [string, string])[]) =>
      make().identify(requestWith([['Remote-User', 'al'], ...fields])).assertion;
    expect(of()).to.deep.equal({ subject: 'al', groups: [] });
    expect(of(['Remote-Name', ''], ['Remote-Email', ''], ['Remote-Groups', ''])).to.deep.equal({
      subject: 'al',
      displayName: '',
      email: '',
      groups: [],
    });
  });

  it('reads an empty user header as no user, whatever the other headers', () => {
    const identity = make({ unguardedPaths: ['/api'] });
    const others = alice.slice(1);
    for (const fields of [[], others]) {
      expect(identity.identify(requestWith([['Remote-User', ''], ...fields]))).to.deep.equal({ unguarded: false });
    }
    const blank = alice.map(([name]) => [name, ''] as const);
    expect(identity.identify(requestWith(blank, '/api/x'))).to.deep.equal({ unguarded: true });
    const stranger = { ...requestWith(blank), socket: socketFrom('203.0.113.9') };
    expect(identity.identify(stranger)).to.deep.equal({ unguarded: false });
  });

  it('leaves out unacceptable values other than the subject, and reports them', () => {
    const of = (...fields: (readonly [string, string])[]) =>
      make().identify(requestWith([['Remote-User', 'al'], ['Remote-Groups', 'users'], ...fields]));
    const assertion = { subject: 'al', groups: ['users'] };
    for (const [name, email, leftOut] of [
      ['Null', 'al@example.com', ['display-name']],
      ['x'.repeat(300), 'al@example.com', ['display-name']],
      ['al\u202e', 'al@example.com', ['display-name']],
      ['al', '-', ['email']],
      ['al', '(null)', ['email']],
      ['(null)', '\u212a@example.com', ['display-name', 'email']],
    ] as const) {
      const { assertion: taken, ...rest } = of(['Remote-Name', name], ['Remote-Email', email]);
      expect(rest, name).to.deep.equal({ unguarded: false, leftOut });
      expect(taken, name).to.deep.equal({
        ...assertion,
        ...(name === 'al' ? { displayName: name } : {}),
        ...(email === 'al@example.com' ? { email } : {}),
      });
    }
    const grouped = (value: string, options: Partial<IdentityOptions & HeaderLoginOn> = {}) =>
      make(options).identify(
        requestWith([
          ['Remote-User', 'al'],
          ['Remote-Groups', value],
        ]),
      );
    for (const absentGroups of absentGroupsModes) {
      expect(grouped('null,users,$admins', { absentGroups })).to.deep.equal({
        unguarded: false,
        assertion,
        leftOut: ['groups'],
      });
      expect(grouped('(null)', { absentGroups })).to.deep.equal({
        unguarded: false,
        assertion: { subject: 'al', groups: [] },
        leftOut: ['groups'],
      });
    }
  });

  it('leaves groups undefined when they are to be kept or not asserted at all', () => {
    const user = requestWith([['Remote-User', 'al']]);
    expect(make({ absentGroups: 'keep' }).identify(user).assertion).to.deep.equal({ subject: 'al' });
    expect(make({ headers: { user: 'Remote-User' } }).identify(user).assertion).to.deep.equal({ subject: 'al' });
  });

  it('accepts header names in any case', () => {
    const identity = make({ headers: { user: 'REMOTE_User' } });
    expect(identity.identify(requestWith([['remote_uSER', 'al']])).assertion).to.deep.equal({ subject: 'al' });
    expect(codeOf(() => identity.identify(requestWith([['Remote-User', 'al']])))).to.equal('ERR_HEADER_ALIAS');
  });

  it('returns one frozen object for the same values, and a different one for others', () => {
    const identity = make();
    const first = identity.identify(requestWith(alice)).assertion;
    expect(identity.identify(requestWith(alice)).assertion).to.equal(first);
    expect(Object.isFrozen(first) && Object.isFrozen(first?.groups)).to.equal(true);
    for (const changed of alice.map((_, index) => alice.filter((_, other) => other !== index))) {
      const given = changed.some(([name]) => name === 'Remote-User')
        ? changed
        : [...changed, ['Remote-User', 'al'] as const];
      expect(identity.identify(requestWith(given)).assertion).to.not.deep.equal(first);
    }
    const regrouped = alice.map(([name, value]) => [name, name === 'Remote-Groups' ? 'users' : value] as const);
    expect(identity.identify(requestWith(regrouped)).assertion?.groups).to.deep.equal(['users']);
    expect(identity.identify(requestWith(alice)).assertion).to.deep.equal(first);
  });

  it('answers correctly for more users and header names than it caches', () => {
    const identity = make();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1500; index++) {
        const request = requestWith([
          ['Remote-User', `user${index}`],
          [`X-Junk-${index}`, 'x'],
        ]);
        expect(identity.identify(request).assertion?.subject).to.equal(`user${index}`);
      }
    }
    expect(codeOf(() => identity.identify(requestWith([['remote_user', 'x']])))).to.equal('ERR_HEADER_ALIAS');
  });

  it('refuses in a fixed order', () => {
    const identity = make({
      unguardedPaths: ['/api'],
      proxySecret: { header: 'X-Proxy-Secret', values: [secretValue] },
    });
    const junk = Array.from({ length: 900 }, (_, index) => [`X-${index}`, ''] as const);
    const everything = [
      ...junk,
      ['Connection', 'close, Remote-Groups'],
      ['remote_user', 'x'],
      ['Remote-User', '-'],
      ['Remote-User', '-'],
    ] as const;
    const noJunk = everything.slice(900);
    const steps: readonly (readonly [string, Partial<IdentityRequest>])[] = [
      ['ERR_HEADER_COUNT', { ...requestWith(everything, '/api/../x'), socket: socketFrom('10.0.0.1') }],
      ['ERR_TARGET_NOT_CANONICAL', { ...requestWith(noJunk, '/api/../x'), socket: socketFrom('10.0.0.1') }],
      ['ERR_UNGUARDED_IDENTITY', { ...requestWith(noJunk, '/api/x'), socket: socketFrom('10.0.0.1') }],
      ['ERR_HEADER_CONNECTION', { ...requestWith(noJunk, '/x/../y'), socket: socketFrom('10.0.0.1') }],
      ['ERR_PEER_UNTRUSTED', { ...requestWith(noJunk.slice(1), '/x/../y'), socket: socketFrom('10.0.0.1') }],
      ['ERR_TARGET_NOT_CANONICAL', requestWith(noJunk.slice(1), '/x/../y')],
      ['ERR_HEADER_ALIAS', requestWith(noJunk.slice(1))],
      ['ERR_HEADER_DUPLICATE', requestWith(noJunk.slice(2))],
      ['ERR_PROXY_SECRET', requestWith(noJunk.slice(3))],
      ['ERR_HEADER_PLACEHOLDER', requestWith([...noJunk.slice(3), ['X-Proxy-Secret', secretValue]])],
    ];
    for (const [code, request] of steps) {
      expect(codeOf(() => identity.identify(request as IdentityRequest))).to.equal(code);
    }
  });

  it('ignores the headers of an untrusted peer when configured to', () => {
    const identity = make({ untrustedHeaders: 'ignore' });
    const request = requestWith([...alice, ['remote_user', 'x'], ['Connection', 'Remote-User']], '//x');
    expect(identity.identify({ ...request, socket: socketFrom('10.0.0.1') })).to.deep.equal({ unguarded: false });
  });

  it('throws at startup for misspelled words', () => {
    const told = (options: object): string => refusalOf(() => make(options)).message;
    expect(told({ absentGroups: 'kept' })).to.include("did you mean 'keep'?");
    expect(told({ untrustedHeaders: 'refused' })).to.include("did you mean 'refuse'?");
    expect(told({ headers: { user: 'remote-user', groups: 'Remote_User' } })).to.include(
      'more than case and punctuation',
    );
    expect(told({ proxySecret: { header: 'remote_user', values: [secretValue] } })).to.include('punctuation');
  });
});

describe('refuseIdentity', () => {
  const identity = make({ proxySecret: { header: 'X-Proxy-Secret', values: [secretValue] } });

  it('accepts requests without identity headers', () => {
    identity.refuseIdentity(
      requestWith([
        ['Authorization', 'Bearer x'],
        ['Connection', 'keep-alive'],
      ]),
    );
  });

  it('refuses each identity header, aliases and the secret', () => {
    for (const name of ['Remote-User', 'remote-groups', 'Remote-Name', 'Remote-Email', 'X-Proxy-Secret']) {
      expect(
        codeOf(() => identity.refuseIdentity(requestWith([[name, 'x']]))),
        name,
      ).to.equal('ERR_UNGUARDED_IDENTITY');
      identity.refuseIdentity(requestWith([[name, '']]));
    }
    for (const alias of ['REMOTE_NAME', 'Remote.Email', 'x_proxy_secret']) {
      for (const value of ['', 'x']) {
        expect(
          codeOf(() => identity.refuseIdentity(requestWith([[alias, value]]))),
          alias,
        ).to.equal('ERR_UNGUARDED_IDENTITY');
      }
    }
  });

  it('refuses when fields may have been dropped', () => {
    const junk = Array.from({ length: 900 }, (_, index) => [`X-${index}`, ''] as const);
    expect(codeOf(() => identity.refuseIdentity(requestWith(junk)))).to.equal('ERR_HEADER_COUNT');
  });
});
