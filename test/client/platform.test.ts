// The platform features that the client needs: without types, with browser or Node types, and with features missing.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  ClientError,
  type ClientStorage,
  type CryptoLike,
  connection,
  parseLink,
  type UrlClass,
} from '../../src/client/index.js';
import { memoryStorage } from '../support/client-rig.js';

const root = join(import.meta.dirname, '..', '..', '..');
const issuer = 'https://music.example.com/api/auth';

/** Returns the redemption id that reaches the server. */
async function sentId(crypto: CryptoLike): Promise<string | null> {
  let id: string | null = null;
  const { redeem } = connection({
    clientId: 'app',
    deviceName: 'Phone',
    storage: memoryStorage(new Map()),
    crypto,
    async fetch(_url, { body }) {
      id = new URLSearchParams(String(body)).get('redemption_id');
      return new Response('{"error":"invalid_grant"}', { status: 400 });
    },
  });
  await redeem({ issuer, code: 'K7QM-2P9D-XR40' }).catch(() => undefined);
  return id;
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'no error';
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error);
  }
}

describe('client: the platform', () => {
  it('takes redemption ids from getRandomValues if randomUUID is missing', async () => {
    const id = await sentId({ getRandomValues: (array) => array.fill(0xa5) });
    expect(id).to.equal('a5'.repeat(16));
    expect(await sentId({ randomUUID: () => 'an-id-of-the-platform' })).to.equal('an-id-of-the-platform');
  });

  it('does not start without a source of randomness, because ids could be guessed', () => {
    const options = { clientId: 'app', deviceName: 'Phone', storage: memoryStorage(new Map()) };
    expect(codeOf(() => connection({ ...options, crypto: {} }))).to.equal('ERR_PLATFORM');
  });

  it('does not start with a storage that lacks a method', () => {
    for (const method of ['get', 'set', 'delete'] as const) {
      const storage = { ...memoryStorage(new Map()), [method]: undefined } as unknown as ClientStorage;
      expect(
        codeOf(() => connection({ clientId: 'app', deviceName: 'Phone', storage })),
        method,
      ).to.equal('ERR_PLATFORM');
    }
    const storage = undefined as unknown as ClientStorage;
    expect(codeOf(() => connection({ clientId: 'app', deviceName: 'Phone', storage }))).to.equal('ERR_PLATFORM');
  });

  it('does not start with a replacement that is not a function', () => {
    const options = { clientId: 'app', deviceName: 'Phone', storage: memoryStorage(new Map()) };
    for (const name of ['fetch', 'sleep', 'now']) {
      expect(
        codeOf(() => connection({ ...options, [name]: 5 })),
        name,
      ).to.equal('ERR_PLATFORM');
      expect(
        codeOf(() => connection({ ...options, [name]: undefined })),
        name,
      ).to.equal('no error');
    }
  });

  it('does not start with a URL class that does not parse origins correctly', () => {
    class Partial {
      readonly href: string;
      constructor(url: string) {
        this.href = url;
      }
      get origin(): string {
        throw new Error('not implemented');
      }
    }
    const options = { URL: Partial as unknown as UrlClass };
    expect(codeOf(() => parseLink(`x#v=1&iss=${issuer}&id=a&s=b`, options))).to.equal('ERR_PLATFORM');
  });

  it('waits and times out with real timers, and leaves none running', async () => {
    const { redeem } = connection({
      clientId: 'app',
      deviceName: 'Phone',
      storage: memoryStorage(new Map()),
      timeoutSeconds: 0.01,
      retrySeconds: 0,
      fetch: () => new Promise(() => undefined),
    });
    const outcome = await redeem({ issuer, code: 'K7QM-2P9D-XR40' }).catch((error: unknown) => error);
    expect(outcome).to.include({ code: 'ERR_NETWORK' });
  });

  it('imports only its own files, and types of the JSON that it sends and receives', () => {
    const codeOf = (path: string) => readFileSync(path, 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
    const importedIn = (folder: string, ending: string) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .flatMap((name) =>
          [...codeOf(join(folder, name)).matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map((match) => match[1]),
        );
    const source = importedIn(join(root, 'src', 'client'), '.ts');
    expect(source.length).to.be.greaterThan(20);
    for (const specifier of source) expect(specifier).to.match(/^(\.|\.\.\/vocabulary\/wire)\/[\w-]+\.js$/);
    const built = importedIn(join(root, 'dist', 'src', 'client'), '.js');
    expect(built.length).to.be.greaterThan(20);
    for (const specifier of built) expect(specifier).to.match(/^\.\/[\w-]+\.js$/);
  });

  describe('in a consumer’s compiler', () => {
    const folder = join(root, 'dist', 'client-check');
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    function compile(lib: readonly string[], types: readonly string[], source: string): string {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'app.ts'), source);
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'es2020',
            lib,
            types,
            module: 'esnext',
            moduleResolution: 'bundler',
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: false,
            noEmit: true,
          },
          include: ['app.ts'],
        }),
      );
      const tsc = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { encoding: 'utf8' });
      return tsc.stdout + tsc.stderr;
    }

    const common = `
      import { connection, parseLink, typedCode, ClientError, type FetchLike, type ResponseLike } from 'latchkey/client';
      const response: ResponseLike = {
        ok: true, status: 200, type: 'basic', url: '', headers: { get: () => null },
        clone: () => response, json: async () => ({}), text: async () => '',
      };
      const wrapped: FetchLike = async (url, init) => (init.method === 'GET' ? response : { ...response, url });
      const storage = { get: async (key: string) => key, set: async () => {}, delete: async () => {} };
      const app = connection({ clientId: 'a', deviceName: typedCode('b').text, storage, fetch: wrapped });
      export const done = app.redeem(parseLink('c')).catch((error) => error instanceof ClientError && error.code);
    `;

    it('needs neither DOM nor Node types', () => {
      const use = `${common} export const status = app.call('/x', { body: 'text' }).then((answer) => answer.ok);`;
      expect(compile(['es2020'], [], use)).to.equal('');
    });

    it('uses the browser’s types if they exist', () => {
      const use = `${common}
        const own = connection({ clientId: 'a', deviceName: 'b', storage, fetch, URL, crypto });
        const init = { body: new FormData(), signal: new AbortController().signal };
        export const blob: Promise<Blob> = own.call('/x', init).then((answer: Response) => answer.blob());
        void own.redeem(parseLink('c'), { signal: init.signal });
      `;
      expect(compile(['es2020', 'dom'], [], use)).to.equal('');
    });

    it('uses Node’s types if they exist', () => {
      const use = `${common}
        const own = connection({ clientId: 'a', deviceName: 'b', storage, fetch, URL, crypto });
        const init = { body: new URLSearchParams(), signal: AbortSignal.timeout(1) };
        export const bytes = own.call('/x', init).then((answer: Response) => answer.arrayBuffer());
        void own.redeem(parseLink('c'), { signal: init.signal });
      `;
      expect(compile(['es2023'], ['node'], use)).to.equal('');
    });
  });
});
