// Every type that a public signature names can be imported, and every option may be `undefined`.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type ConnectionOptions, connection } from '../../src/client/index.js';
import {
  type AdministrationOptions,
  type ChangeOptions,
  type Directory,
  type HeaderLogin,
  type HeaderLoginOn,
  type LatchkeyOptions,
  latchkey,
  type MappingOptions,
  type MemoryStateOptions,
  memoryDirectory,
  memoryState,
  type PagesOptions,
  type QuickConnectOptions,
  type RedisStateOptions,
  type SharedState,
  type TokenOptions,
  type UserChangeOptions,
  type UserListing,
} from '../../src/index.js';

const built = join(import.meta.dirname, '..', '..', 'src');

type OptionalNames<Fields> = {
  [Name in keyof Fields]-?: Record<never, never> extends Pick<Fields, Name> ? Name : never;
}[keyof Fields];

/** Compiles only if each optional member accepts `undefined`, also under `exactOptionalPropertyTypes`. */
type TakesUndefined<Options> =
  Record<OptionalNames<Options>, undefined> extends Pick<Options, OptionalNames<Options>> ? true : never;

/** Whether `latchkey()` accepts options of these types for header login. */
type Accepts<Login> = Login & { directory: Directory; state: SharedState } extends LatchkeyOptions ? true : false;

const acceptsLogin: readonly boolean[] = [
  true satisfies Accepts<HeaderLogin>,
  true satisfies Accepts<{ headerLogin: false }>,
  true satisfies Accepts<{ trustedProxies: string[]; headers: 'authelia' }>,
  false satisfies Accepts<{ headers: 'authelia' }>,
  false satisfies Accepts<{ headerLogin: true; trustedProxies: string[] }>,
  false satisfies Accepts<{ headerLogin: false; trustedProxies: string[] }>,
  false satisfies Accepts<{ headerLogin: false; headers: 'authelia' }>,
  false satisfies Accepts<{ headerLogin: boolean; trustedProxies: string[]; headers: 'authelia' }>,
];

const takeUndefined: readonly true[] = [
  true satisfies TakesUndefined<LatchkeyOptions & HeaderLoginOn>,
  true satisfies TakesUndefined<TokenOptions>,
  true satisfies TakesUndefined<QuickConnectOptions>,
  true satisfies TakesUndefined<AdministrationOptions>,
  true satisfies TakesUndefined<PagesOptions>,
  true satisfies TakesUndefined<RedisStateOptions>,
  true satisfies TakesUndefined<MemoryStateOptions>,
  true satisfies TakesUndefined<ChangeOptions>,
  true satisfies TakesUndefined<UserChangeOptions>,
  true satisfies TakesUndefined<MappingOptions>,
  true satisfies TakesUndefined<UserListing>,
  true satisfies TakesUndefined<ConnectionOptions>,
];

/** A declaration in a built file. */
interface Declared {
  readonly file: string;
  readonly name: string;
}

/** The names in `{ type A, B as C }`, by the name after `as`. */
function namesIn(list: string): ReadonlyMap<string, string> {
  const entries = list.split(',').map((each) => {
    const [name = '', alias = name] = each
      .trim()
      .replace(/^type /, '')
      .split(' as ');
    return [alias, name] as const;
  });
  return new Map(entries.filter(([name]) => name !== ''));
}

/** The code of a built file, without comments and without the contents of texts. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
}

/** The names that a file exports from other files of the package, or imports from them. */
function linked(file: string, keyword: 'export' | 'import'): ReadonlyMap<string, Declared> {
  const statement = new RegExp(`^${keyword} (?:type )?\\{([^}]*)\\} from '(\\.[^']+)';$`, 'gm');
  const found = new Map<string, Declared>();
  for (const [, list = '', from = ''] of codeOf(file).matchAll(statement)) {
    const source = join(dirname(file), from.replace(/\.js$/, '.d.ts'));
    for (const [alias, name] of namesIn(list)) found.set(alias, declared({ file: source, name }));
  }
  return found;
}

/** Follows re-exports to the file that declares the name. */
function declared({ file, name }: Declared): Declared {
  return linked(file, 'export').get(name) ?? { file, name };
}

/** The text of a declaration: an interface or class up to its brace, anything else up to its semicolon. */
function textOf({ file, name }: Declared): string {
  const code = codeOf(file).replaceAll(/'[^'\n]*'|"[^"\n]*"/g, "''");
  const begin = new RegExp(`^(?:export )?(?:declare )?(interface|type|class|function|const) ${name}\\b`, 'm').exec(
    code,
  );
  if (begin === null) throw new Error(`${file} declares no ${name}`);
  const braced = begin[1] === 'interface' || begin[1] === 'class';
  let depth = 0;
  for (let index = begin.index; index < code.length; index += 1) {
    const letter = code.charAt(index);
    if ('{(['.includes(letter)) depth += 1;
    if ('})]'.includes(letter)) depth -= 1;
    if (depth === 0 && letter === (braced ? '}' : ';')) return code.slice(begin.index, index + 1);
  }
  throw new Error(`${file}: ${name} has no end`);
}

/** The types of this package that a declaration names. */
function typesIn(declaration: Declared): readonly Declared[] {
  const { file } = declaration;
  const own = codeOf(file).matchAll(/^(?:export )?(?:declare )?(?:interface|class|type) (\w+)/gm);
  const known = new Map([...own].map(([, name = '']) => [name, { file, name }]));
  const text = textOf(declaration);
  if (/import\(/.test(text)) throw new Error(`${file}: ${declaration.name} names a type by import(), without a name`);
  return [...known, ...linked(file, 'import')]
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(text))
    .map(([, each]) => each);
}

describe('the public types', () => {
  for (const entry of ['index.d.ts', 'client/index.d.ts']) {
    it(`of ${entry} include every type that they name`, () => {
      const all = [...linked(join(built, entry), 'export').values()];
      expect(all.length).to.be.greaterThan(3);
      const keyOf = ({ file, name }: Declared) => `${file} ${name}`;
      const exported = new Set(all.map(keyOf));
      const missing = all.flatMap((each) =>
        typesIn(each)
          .filter((named) => !exported.has(keyOf(named)))
          .map(({ name }) => `${name} (in ${each.name})`),
      );
      expect([...new Set(missing)].sort()).to.deep.equal([]);
    });
  }
});

/** An object that names every member of a type, even if it is undefined. */
type Complete<Whole> = { readonly [Name in keyof Whole]-?: Whole[Name] | undefined };

describe('undefined for an option', () => {
  it('is accepted by the types of all options', () => {
    expect(takeUndefined).to.have.length(12);
    expect(acceptsLogin).to.have.length(8);
  });

  it('has the same effect as a missing option', async () => {
    const auth = latchkey({
      headerLogin: undefined,
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState({ now: undefined, onEvent: undefined }),
      proxySecret: undefined,
      unguardedPaths: ['/api'],
      sharedPaths: undefined,
      absentGroups: undefined,
      untrustedHeaders: undefined,
      subjectPattern: undefined,
      subjectCase: undefined,
      provisioning: undefined,
      localAccounts: undefined,
      administration: { role: undefined, allowWildcard: undefined } satisfies Complete<AdministrationOptions>,
      groupRoles: undefined,
      defaultRoles: undefined,
      session: undefined,
      tokens: {
        keys: [{ kid: '1', secret: 's'.repeat(32) }],
        issuer: 'https://music.example.com/api/auth',
        formerIssuers: undefined,
        audience: undefined,
        lifetimeDays: undefined,
        maximumDays: undefined,
        idleDays: undefined,
        maximumDevices: undefined,
        suspendAfterDays: undefined,
        introspection: undefined,
        foreignTokens: undefined,
      } satisfies Complete<TokenOptions>,
      quickConnect: {
        appLink: 'https://music.example.com/link',
        codeFormat: undefined,
        approval: undefined,
        verificationUri: undefined,
        verificationUriComplete: undefined,
        limits: undefined,
      } satisfies Complete<QuickConnectOptions>,
      hostUsers: undefined,
      outageToleranceSeconds: undefined,
      pages: {
        languages: undefined,
        stylesheet: undefined,
        name: undefined,
        home: undefined,
        logo: undefined,
      } satisfies Complete<PagesOptions>,
      loginUrl: undefined,
      logoutUrl: undefined,
      origins: undefined,
      openapi: undefined,
      onEvent: undefined,
      now: undefined,
    } satisfies Complete<LatchkeyOptions & HeaderLoginOn>);
    const created = { subject: 'ada', authMethod: 'local', displayName: undefined, grantedRoles: undefined } as const;
    await auth.users.create(created, { by: undefined });
    const change = { disabled: undefined, addRoles: ['editor'], removeRoles: undefined, authMethod: undefined };
    expect((await auth.users.update('ada', change, { version: undefined, userId: undefined })).disabled).to.equal(
      false,
    );
    const everybody = { search: undefined, role: undefined, after: undefined, limit: undefined };
    expect(await auth.users.list(everybody)).to.have.length(1);
    expect(
      await auth.audit.list({ actor: undefined, subject: 'ada', since: undefined, limit: undefined }),
    ).to.have.length(2);
    expect(await auth.devices.list({ search: undefined, after: undefined })).to.deep.equal([]);
    await auth.close();
  });

  it('has the same effect as a missing option of the client', async () => {
    const unset = { appVersion: undefined, platform: undefined, storageKey: undefined, issuers: undefined };
    const more = {
      renewShare: undefined,
      addresses: undefined,
      timeoutSeconds: undefined,
      retrySeconds: undefined,
      onChange: undefined,
    };
    const platform = { fetch: undefined, URL: undefined, crypto: undefined, sleep: undefined, now: undefined };
    const storage = { get: async () => null, set: async () => {}, delete: async () => {} };
    const made = connection({ clientId: 'app', deviceName: 'Pixel', storage, ...unset, ...more, ...platform });
    expect(await made.restore()).to.equal('disconnected');
  });
});

describe('a Latchkey without tokens', () => {
  it('can be copied by spread, and names the missing options if its token router is used', async () => {
    const auth = latchkey({
      headerLogin: undefined,
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState(),
    });
    const spread: object = { ...auth };
    expect(spread).to.include.keys('authenticate', 'router', 'users');
    expect(spread).to.not.have.any.keys('tokenRouter', 'authorizationServerMetadata');
    expect(() => auth.tokenRouter).to.throw('tokens: expected { keys, issuer }');
    expect(() => auth.authorizationServerMetadata).to.throw('tokens: expected { keys, issuer }');
    await auth.close();
  });
});
