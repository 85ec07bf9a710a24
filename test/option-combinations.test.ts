// Options that depend on one another: the server refuses to start, or a function refuses, when one lacks the other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Latchkey, LatchkeyError, latchkey, memoryDirectory, memoryState } from '../src/index.js';

const root = join(import.meta.dirname, '..', '..');
const tokens = {
  keys: [{ kid: '1', secret: 'a secret of at least thirty-two bytes' }],
  issuer: 'https://api.example.com/api/auth',
};
const appLink = 'https://app.example.com/link';
const hostUsers = { find: () => undefined, create: () => undefined };

function start(changes: Record<string, unknown>): Latchkey {
  const whole = {
    trustedProxies: ['loopback'],
    headers: 'authelia',
    directory: memoryDirectory(),
    state: memoryState(),
    unguardedPaths: ['/api'],
    tokens,
    quickConnect: { appLink },
    ...changes,
  };
  // The test passes what the types forbid.
  return latchkey(whole as unknown as Parameters<typeof latchkey>[0]);
}

/** The message of the `ERR_CONFIG` with which this call fails. */
async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).to.be.instanceOf(LatchkeyError).with.property('code', 'ERR_CONFIG');
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

describe('options that depend on one another', () => {
  const cases: readonly (readonly [title: string, changes: Record<string, unknown>, expected: RegExp])[] = [
    ['tokens without a path for apps', { unguardedPaths: [] }, /unguardedPaths.*sharedPaths/],
    ['quickConnect without tokens', { tokens: undefined }, /tokens.*quickConnect/],
    [
      'verificationUriComplete without verificationUri',
      { quickConnect: { appLink, verificationUriComplete: true } },
      /verificationUriComplete.*verificationUri/,
    ],
    [
      'a verificationUri without TLS',
      { quickConnect: { appLink, verificationUri: 'http://music.example.com/auth/activate' } },
      /verificationUri.*https/,
    ],
    [
      'a verificationUri with a fragment',
      { quickConnect: { appLink, verificationUri: 'https://music.example.com/auth/activate#code' } },
      /verificationUri.*fragment/,
    ],
    [
      "subjectCase: 'lower' with a directory that cannot find other spellings",
      { subjectCase: 'lower', directory: { ...memoryDirectory(), findSpellings: undefined } },
      /directory.*findSpellings/,
    ],
    [
      "subjectCase: 'lower' with a directory that cannot rename",
      { subjectCase: 'lower', directory: { ...memoryDirectory(), renameUser: undefined } },
      /directory.*renameUser/,
    ],
    [
      'hostUsers with a directory that keeps no links',
      { hostUsers, directory: { ...memoryDirectory(), linkHostUser: undefined } },
      /directory.*linkHostUser/,
    ],
    [
      "a way to link two accounts with localAccounts: 'refuse'",
      { hostUsers: { ...hostUsers, current: () => undefined }, localAccounts: 'refuse' },
      /hostUsers\.current: .*localAccounts: 'refuse'.*docs\/host-users\.md/,
    ],
  ];
  for (const [title, changes, expected] of cases) {
    it(`refuses ${title}`, async () => {
      expect(await refusal(() => start(changes))).to.match(expected);
    });
  }

  it("accepts a way to link two accounts with localAccounts: 'refuse' and a login of their own", async () => {
    const linking = { ...hostUsers, current: () => undefined };
    await start({ hostUsers: linking, localAccounts: 'refuse', session: 'login-only' }).close();
    await start({ hostUsers, localAccounts: 'refuse' }).close();
  });

  it('refuses to link, rename and merge users if the directory cannot', async () => {
    const bare = { linkHostUser: undefined, renameUser: undefined, mergeUsers: undefined };
    const auth = start({ directory: { ...memoryDirectory(), ...bare } });
    try {
      await auth.users.create({ subject: 'ada', authMethod: 'proxy' });
      expect(await refusal(() => auth.users.link('ada', 1))).to.match(/linkHostUser/);
      expect(await refusal(() => auth.users.rename('ada', 'eve'))).to.match(/renameUser/);
      expect(await refusal(() => auth.users.merge('ada', 'eve'))).to.match(/mergeUsers/);
    } finally {
      await auth.close();
    }
  });
});

describe('the coverage', () => {
  it('counts every folder of src', () => {
    const { include } = JSON.parse(readFileSync(join(root, '.c8rc.json'), 'utf8')) as { readonly include: string[] };
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(include).to.have.members(['src/*.ts', ...folders.map(({ name }) => `src/${name}/**`)]);
  });
});
