// Every wrong option stops the server at start, with what was seen and what was expected.
import { expect } from 'chai';
import pg from 'pg';
import { absentGroupsModes } from '../src/identity/assertion.js';
import { presetNames } from '../src/identity/presets.js';
import {
  LatchkeyError,
  type LatchkeyOptions,
  latchkey,
  memoryDirectory,
  memoryState,
  migrate,
  pageTexts,
  type SqlPool,
  sqlDirectory,
} from '../src/index.js';
import { localAccountsModes, provisioningModes, sessionModes } from '../src/vocabulary/words.js';
import { options, proof, refusal, tokens } from './support/wrong-options.js';

/** A value for each option that means nothing without header login. */
const headerOptions = {
  trustedProxies: ['loopback'],
  headers: 'authelia',
  ...proof,
  absentGroups: 'clear',
  untrustedHeaders: 'ignore',
  subjectPattern: /x/,
  subjectCase: 'exact',
  localAccounts: 'ignore',
};

const { provision, findUser, mapping, findDevice } = memoryDirectory();
const fourVerbs = { provision, findUser, mapping, findDevice };

describe('options', () => {
  it('accepts a whole, correct set', async () => {
    await latchkey(options()).close();
    const bosses = { groupRoles: { 'boss-*': ['boss'] }, administration: { role: 'boss', allowWildcard: true } };
    await latchkey(options(bosses)).close();
    const german = { ...pageTexts.en, language: 'de', title: 'Gerät verbinden' };
    await latchkey(options({ pages: { languages: [german, 'en', 'ar'], stylesheet: '/brand.css' } })).close();
  });

  const wrong: readonly [string, Record<string, unknown>, RegExp][] = [
    ['a misspelt option', { trustedProxy: [] }, /trustedProxies.*saw "trustedProxy"/],
    ['an unknown option', { banana: 1 }, /saw "banana"/],
    ['no proxies', { trustedProxies: undefined }, /trustedProxies/],
    ['an empty list of proxies', { trustedProxies: [] }, /trustedProxies/],
    ['a wildcard proxy', { trustedProxies: ['*'] }, /\*/],
    ['an unknown preset', { headers: 'authelja' }, /did you mean 'authelia'.*"authelja"/],
    ['no directory', { directory: undefined }, /directory: .*saw nothing\. Missing: provision/],
    ['a directory without verbs', { directory: {} }, /directory: .*provision/],
    [
      'a directory that lacks verbs',
      { directory: fourVerbs },
      /another object\. Missing: findUserById, .*pruneAudit\.$/,
    ],
    ['a directory that is not made yet', { directory: memoryDirectory }, /directory: .*saw a function: call it/],
    ['a directory that is a class', { directory: class {} }, /directory: .*saw a class: create an instance with new/],
    ['a directory that is on its way', { directory: Promise.resolve() }, /directory: .*saw a promise: await it/],
    [
      'an address for a directory',
      { directory: 'postgres://ada:hunter2@db/x' },
      /directory: .*saw a string\. Missing: /,
    ],
    ['a state for a directory', { directory: memoryState() }, /directory: .*Missing: provision/],
    ['a state that lacks verbs', { state: { ...memoryState(), publish: undefined } }, /state: .*Missing: publish\.$/],
    [
      'a state that does not say who shares it',
      { state: { ...memoryState(), singleProcess: undefined } },
      /singleProcess/,
    ],
    [
      'a state whose optional verb is not a function',
      { state: { ...memoryState(), listen: true } },
      /^state\.listen: expected a function, saw a boolean\.$/,
    ],
    [
      'a journal that lacks verbs',
      { directory: { ...memoryDirectory(), journal: { join() {} } } },
      /journal: .*Missing: beat/,
    ],
    ['a state that is not made yet', { state: memoryState }, /state: .*saw a function: call it/],
    ['no state', { state: undefined }, /state: .*get/],
    ['an unknown provisioning', { provisioning: 'everyone' }, /'create' or 'known-users'.*"everyone"/],
    ['an unknown rule for local accounts', { localAccounts: 'take' }, /'ignore' or 'refuse'.*"take"/],
    ['an unknown session mode', { session: 'sometimes' }, /'every-request'.*"sometimes"/],
    ['a listener that is none', { onEvent: 'log' }, /onEvent.*a function/],
    ['a clock that is none', { now: 5 }, /now: expected a function, saw 5/],
    ['mappings that are a list', { groupRoles: ['admin'] }, /groupRoles/],
    ['a mapping without roles', { groupRoles: { admins: [] } }, /groupRoles: .*/],
    ['a mapping to no text', { groupRoles: { admins: [1] } }, /groupRoles: .*/],
    ['a logout address of another scheme', { logoutUrl: 'javascript:alert(1)' }, /logoutUrl/],
    ['a logout address of another host by slashes', { logoutUrl: '//evil.example' }, /logoutUrl/],
    ['a plain http logout address', { logoutUrl: 'http://sso.example.com/' }, /logoutUrl.*https/],
    ['a login address of another scheme', { loginUrl: 'javascript:alert(1)' }, /loginUrl: expected an https address/],
    ['a login address of another host by slashes', { loginUrl: '//evil.example' }, /loginUrl/],
    ['a login address of another host by backslash', { loginUrl: '/\\evil.example' }, /loginUrl/],
    ['a plain http login address', { loginUrl: 'http://sso.example.com/' }, /loginUrl.*https/],
    ['a login address with a line break', { loginUrl: '/a\r\nSet-Cookie: x' }, /loginUrl/],
    ['a login address that is no text', { loginUrl: 5 }, /loginUrl/],
    ['a misspelled option of the pages', { pages: { logoo: '/x' } }, /did you mean 'logo'/],
    ['an origin with a path', { origins: ['https://a.example/x'] }, /origins/],
    ['origins that are no list', { origins: 'https://a.example' }, /origins/],
    ['an unguarded glob', { unguardedPaths: ['/api/*'] }, /unguardedPaths.*without wildcards.*"\/api\/\*"/],
    ['an unguarded route', { unguardedPaths: ['/:tenant/api'] }, /unguardedPaths.*without wildcards/],
    ['an unguarded expression', { unguardedPaths: ['/api(/.+)'] }, /unguardedPaths.*without wildcards/],
    ['an unguarded path that is not a list', { unguardedPaths: '/api' }, /unguardedPaths: .*a list/],
    ['tokens without an unguarded path', { unguardedPaths: undefined }, /unguardedPaths: .*or sharedPaths/],
    ['a header login that is no flag', { headerLogin: 'off' }, /^headerLogin: expected true or false.*saw "off"/],
    ...Object.entries(headerOptions).map(([name, value]): [string, Record<string, unknown>, RegExp] => [
      `${name} without header login`,
      { trustedProxies: undefined, headers: undefined, headerLogin: false, [name]: value },
      new RegExp(`^${name}: expected nothing, because headerLogin is false .*docs/header-login.md`),
    ]),
    ...provisioningModes
      .filter((provisioning) => provisioning !== 'mapped-groups-only')
      .map((provisioning): [string, Record<string, unknown>, RegExp] => [
        `provisioning '${provisioning}' without header login`,
        { trustedProxies: undefined, headers: undefined, headerLogin: false, provisioning },
        /^provisioning: expected nothing or 'mapped-groups-only', because headerLogin is false .*docs\/header-login\.md/,
      ]),
    ['header login without a word on its headers', { headerLogin: true, headers: undefined }, /^headers: /],
    ['header login without proxies', { headerLogin: true, trustedProxies: undefined }, /^trustedProxies: /],
    ['a shared path without a proof', { sharedPaths: ['/both'] }, /^proxySecret: .*sharedPaths.*saw nothing/],
    ['a shared path that is unguarded', { ...proof, sharedPaths: ['/api'] }, /^sharedPaths: .*overlap.*"\/api"/],
    ['a shared path below an unguarded one', { ...proof, sharedPaths: ['/Api/v2'] }, /^sharedPaths: .*overlap/],
    ['a shared glob', { ...proof, sharedPaths: ['/both/*'] }, /^sharedPaths: .*without wildcards/],
    ['shared paths that are no list', { ...proof, sharedPaths: '/both' }, /^sharedPaths: .*a list/],
    ['an administration that is no object', { administration: 'admin' }, /administration: expected \{ role, allow/],
    ['a misspelt administration', { administration: { roles: 'admin' } }, /did you mean 'role'.*"roles"/],
    ['a role that can be none', { administration: { role: 'no role' } }, /administration\.role: .*"no role"/],
    ['an empty role', { administration: { role: '' } }, /administration\.role/],
    ['a wildcard rule that is none', { administration: { allowWildcard: 1 } }, /allowWildcard: expected true or false/],
    [
      'a pattern that makes administrators',
      { groupRoles: { '*': ['boss'] }, administration: { role: 'boss' } },
      /groupRoles: .*"boss"/,
    ],
    ['pages that are no object', { pages: 'pretty' }, /pages: expected \{ languages, stylesheet, name, home, logo \}/],
    ['a misspelt pages option', { pages: { style: '/x.css' } }, /'languages', 'stylesheet'.*"style"/],
    ['a language that is not there', { pages: { languages: ['en', 'tlh'] } }, /pages\.languages: .*saw tlh/],
    [
      'a table with texts missing',
      { pages: { languages: [{ ...pageTexts.en, approve: '' }] } },
      /missing or incomplete:.*approve/,
    ],
    ['a style sheet of another site', { pages: { stylesheet: 'https://x.example/a.css' } }, /pages\.stylesheet/],
    [
      'a misspelt header',
      { headers: { user: 'remote-user', group: 'x' } },
      /headers: .*did you mean 'groups'.*"group"/,
    ],
    ['a misspelt proxy secret', { proxySecret: { header: 'x-proof', value: [] } }, /proxySecret: .*'values'.*"value"/],
  ];
  for (const [title, changes, text] of wrong) {
    it(`refuses ${title}`, () => {
      expect(refusal(changes)).to.match(text);
    });
  }

  const find = () => undefined;
  const create = () => ({ id: 1, createdFor: null });
  for (const [hostUsers, message] of [
    [true, 'hostUsers: expected { find, create } with functions (docs/host-users.md), saw true'],
    [{ find }, 'hostUsers.create: expected a function (docs/host-users.md), saw nothing'],
    [{ find: 1, create }, 'hostUsers.find: expected a function (docs/host-users.md), saw 1'],
    [{ find, create, isProtected: true }, 'hostUsers.isProtected: expected a function'],
    [{ find, create, current: '7' }, 'hostUsers.current: expected a function'],
    [
      { find, create, timeoutSeconds: 0 },
      'hostUsers.timeoutSeconds: expected a number of seconds from 0.1 to 60, saw 0',
    ],
    [{ find, create, protected: find }, "(did you mean 'isProtected'?)"],
  ] as const) {
    it(`refuses hostUsers: ${message}`, () => expect(refusal({ hostUsers })).to.contain(message));
  }

  it('refuses hostUsers with a directory that cannot link', () => {
    const { linkHostUser: _, ...directory } = memoryDirectory();
    expect(refusal({ directory, hostUsers: { find, create } })).to.contain('directory: expected one with linkHostUser');
  });

  it('accepts a whole set without header login, and shared paths with a proof or without header login', async () => {
    const off = { headerLogin: false, trustedProxies: undefined, headers: undefined };
    const shared = { unguardedPaths: undefined, sharedPaths: ['/api'] };
    for (const session of sessionModes) await latchkey(options({ ...off, session })).close();
    await latchkey(options({ ...off, ...shared })).close();
    await latchkey(options({ ...off, provisioning: 'mapped-groups-only' })).close();
    await latchkey(options({ ...off, tokens: tokens({ suspendAfterDays: 30 }) })).close();
    await latchkey(options({ ...proof, ...shared })).close();
    await latchkey(options({ ...proof, sharedPaths: ['/both'] })).close();
    await latchkey(options({ headerLogin: true, sharedPaths: [] })).close();
  });

  it('accepts every word of an option', async () => {
    const accepted: readonly Record<string, unknown>[] = [
      ...provisioningModes.map((provisioning) => ({ provisioning })),
      ...localAccountsModes.map((localAccounts) => ({ localAccounts })),
      ...sessionModes.map((session) => ({ session })),
      ...absentGroupsModes.map((absentGroups) => ({ absentGroups })),
      ...presetNames.map((headers) => ({ headers })),
    ];
    for (const changes of accepted) await latchkey(options(changes)).close();
  });

  it('accepts a state that leaves out an optional verb', async () => {
    await latchkey(options({ state: { ...memoryState(), listen: undefined } })).close();
  });

  it('refuses what is no pool, at once, and never repeats a connection string', async () => {
    class Pool {}
    const wrong: readonly [unknown, string][] = [
      ['postgres://ada:hunter2@db/music', 'a string'],
      [undefined, 'nothing'],
      [{}, '{}'],
      [Pool, 'a class: create an instance with new'],
      [Promise.resolve({}), 'a promise: await it'],
      [() => ({}), 'a function: call it'],
      [new pg.Client(), 'a single connection (pg.Client)'],
      [memoryDirectory(), 'another object'],
    ];
    for (const [pool, saw] of wrong) {
      const expected = `expected a pg.Pool (new pg.Pool({ connectionString })) or a PGlite, saw ${saw}.`;
      const refused = (): unknown => sqlDirectory(pool as SqlPool);
      expect(refused).to.throw(LatchkeyError, expected).with.property('code', 'ERR_CONFIG');
      const migrated: unknown = await migrate(pool as SqlPool).catch((reason: unknown) => reason);
      const each =
        'a pg.Pool (new pg.Pool({ connectionString })), a PGlite, a pool of mysql2 or a synchronous SQLite handle';
      expect(migrated).to.have.property('message', `migrate() expected ${each}, saw ${saw}.`);
    }
  });

  it('refuses no options at all', () => {
    expect(() => latchkey(undefined as unknown as LatchkeyOptions)).to.throw(LatchkeyError, /object of options/);
  });

  it('never repeats a secret in an error', () => {
    const off = { headerLogin: false, trustedProxies: undefined, headers: undefined };
    expect(refusal({ ...off, ...proof })).not.to.contain('abcdef');
  });
});
