// Every type that a public signature names can be imported, and every option may be `undefined`.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type ConnectionOptions, connection } from '../../src/client/index.js';
import {
  type AdministrationOptions,
  type ChangeOptions,
  type LatchkeyOptions,
  latchkey,
  type MappingOptions,
  type MemoryStateOptions,
  memoryDirectory,
  memoryState,
  type PagesOptions,
  type QuickConnectOptions,
  type RedisStateOptions,
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

const takeUndefined: readonly true[] = [
  true satisfies TakesUndefined<LatchkeyOptions>,
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

/** The names that a file exports, each with the file that declares it and the name that it has there. */
function exportsOf(entry: string): Map<string, { readonly file: string; readonly name: string }> {
  const found = new Map<string, { readonly file: string; readonly name: string }>();
  const text = readFileSync(entry, 'utf8');
  for (const [, names = '', from = ''] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm)) {
    for (const each of names.split(',')) {
      const [name = '', alias = name] = each
        .trim()
        .replace(/^type /, '')
        .split(' as ');
      if (name !== '') found.set(alias, { file: join(dirname(entry), from.replace(/\.js$/, '.d.ts')), name });
    }
  }
  return found;
}

/** The declaration of a name, without comments. */
function declarationOf(file: string, name: string): string {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
  const begin = new RegExp(`^export (?:declare )?(?:interface|type|class|function|const) ${name}\\b`, 'm').exec(text);
  if (begin === null) throw new Error(`${file} declares no ${name}`);
  const rest = text.slice(begin.index);
  const end = /^(?:\}.*|[^\n]*;)$/m.exec(rest);
  const block = /^[^\n]*\{$/m.exec(rest);
  // An interface ends with its brace, everything else with the first semicolon outside of braces.
  return block?.index === 0
    ? rest.slice(0, rest.search(/^\}/m) + 1)
    : rest.slice(0, (end?.index ?? 0) + (end?.[0].length ?? 0));
}

/** The types of this package that a declaration names. */
function namedIn(file: string, declaration: string): string[] {
  const text = readFileSync(file, 'utf8');
  const ours = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from '\.[^']+';$/gm)].flatMap(([, names = '']) =>
    names.split(',').map(
      (name) =>
        name
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1) ?? '',
    ),
  );
  const declared = [
    ...text.matchAll(/^(?:(?:export )?(?:declare )?(?:interface|class)|export (?:declare )?type) (\w+)/gm),
  ].map(([, name = '']) => name);
  return [...new Set([...ours, ...declared])].filter((name) => new RegExp(`\\b${name}\\b`).test(declaration));
}

describe('the public types', () => {
  for (const entry of ['index.d.ts', 'client/index.d.ts']) {
    it(`of ${entry} include every type that they name`, () => {
      const all = exportsOf(join(built, entry));
      expect(all.size).to.be.greaterThan(3);
      const missing = new Set<string>();
      for (const { file, name } of all.values()) {
        expect(existsSync(file), file).to.equal(true);
        for (const named of namedIn(file, declarationOf(file, name))) {
          const exported = [...all.values()].some((each) => each.name === named);
          if (!exported && named !== name) missing.add(`${named} (in ${name})`);
        }
      }
      expect([...missing].sort()).to.deep.equal([]);
    });
  }
});

/** An object that names every member of a type, even if it is undefined. */
type Complete<Whole> = { readonly [Name in keyof Whole]-?: Whole[Name] | undefined };

describe('undefined for an option', () => {
  it('is accepted by the types of all options', () => {
    expect(takeUndefined).to.have.length(12);
  });

  it('has the same effect as a missing option', async () => {
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState({ now: undefined, onEvent: undefined }),
      proxySecret: undefined,
      unguardedPaths: ['/api'],
      absentGroups: undefined,
      untrustedHeaders: undefined,
      subjectPattern: undefined,
      provisioning: undefined,
      localAccounts: undefined,
      administration: { role: undefined, allowWildcard: undefined } satisfies Complete<AdministrationOptions>,
      groupRoles: undefined,
      session: undefined,
      tokens: {
        keys: [{ kid: '1', secret: 's'.repeat(32) }],
        issuer: 'https://music.example.com/api/auth',
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
      outageToleranceSeconds: undefined,
      pages: { languages: undefined, stylesheet: undefined } satisfies Complete<PagesOptions>,
      logoutUrl: undefined,
      origins: undefined,
      onEvent: undefined,
      now: undefined,
    } satisfies Complete<LatchkeyOptions>);
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
    const more = { renewShare: undefined, timeoutSeconds: undefined, retrySeconds: undefined, onChange: undefined };
    const platform = { fetch: undefined, URL: undefined, crypto: undefined, sleep: undefined, now: undefined };
    const storage = { get: async () => null, set: async () => {}, delete: async () => {} };
    const made = connection({ clientId: 'app', deviceName: 'Pixel', storage, ...unset, ...more, ...platform });
    expect(await made.restore()).to.equal('disconnected');
  });
});

describe('a Latchkey without tokens', () => {
  it('can be copied by spread, and names the missing options if its token router is used', async () => {
    const auth = latchkey({
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
