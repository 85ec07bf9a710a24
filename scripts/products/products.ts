// The third-party servers in which `npm run test:products` mounts Latchkey, and the checks that only one of them needs.
import { strict as assert } from 'node:assert';
import type { Answer, Ask } from '../../test/http/client.js';

/** A server that runs with the code of its page. */
export interface Running {
  readonly port: number;
  readonly origin: string;
  /** The token of a phone that alice has paired. */
  readonly token: string;
  ask(path: string, what: Ask): Promise<Answer>;
  proxied(user: string, groups?: string): Promise<Record<string, string>>;
  /** Runs npm in a folder of its own, for the package with this name, and returns its exit code. */
  npm(args: readonly string[], token: string, name?: string): Promise<number>;
}

/** A third-party server, and what to check in it. */
export interface Product {
  readonly name: string;
  /** The page in docs, and the heading if it has several examples. */
  readonly page: string;
  readonly heading?: string;
  readonly packages: readonly string[];
  readonly overrides?: Readonly<Record<string, string>>;
  readonly needs?: 'redis' | 'postgres';
  /** The folder of the server's own data, which is deleted before the server starts. */
  readonly data?: string;
  /** The groups of alice, who may use the server. Bob has none. */
  readonly groups: string;
  /** A path of the server's API that alice may read, and what it answers. */
  readonly path: string;
  readonly answers: RegExp;
  /** The path that a phone reads. Default: the same path, below the path of apps. */
  readonly phonePath?: string;
  /** Whether browsers and apps use the same path, and the proxy adds a secret. */
  readonly shared?: boolean;
  /** Whether users log in once per session. */
  readonly sessions?: boolean;
  /** Headers that the server itself wants. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A write of alice's browser. `ownProtection` is the status if the server itself refuses it from another site. */
  readonly write?: { readonly path: string; readonly what: Ask; readonly ownProtection?: number };
  /** The path of a WebSocket. */
  readonly webSocket?: string;
  /** What a client says first, and what the server answers then. */
  readonly hello?: readonly [say: string, answer: RegExp];
  /** Shows that a role decides. Default: alice may read the path, bob may not. */
  roles?(running: Running): Promise<void>;
}

/** The paths at which a server has Latchkey and the API for apps. */
export interface Layout {
  /** The path of `router`. */
  readonly browser: string;
  /** The path below which apps call the server. */
  readonly apps: string;
  /** The path of `tokenRouter`. */
  readonly app: string;
}

/** Returns where a server has Latchkey. The examples of docs/frameworks.md use other paths than docs/products.md. */
export function layoutOf({ heading }: Product): Layout {
  return heading === undefined
    ? { browser: '/latchkey', apps: '/phone', app: '/phone/latchkey' }
    : { browser: '/auth', apps: '/api', app: '/api/auth' };
}

/** What browsers send with a request that a page of the server itself causes. */
const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };

const query = (text: string): string => `/graphql?query=${encodeURIComponent(text)}`;

const bullBoard: Product = {
  name: 'bull-board',
  page: 'products/bull-board.md',
  packages: ['@bull-board/api', '@bull-board/express', 'bullmq', 'ioredis', 'express@5', 'express-session'],
  needs: 'redis',
  groups: 'admins',
  path: '/queues/api/queues',
  answers: /"name":"mail"/,
  write: { path: '/queues/api/queues/mail/pause', what: { method: 'PUT' } },
};

export const products: readonly Product[] = [
  bullBoard,
  { ...bullBoard, name: 'bull-board with sessions', sessions: true },
  {
    name: 'Apollo Server',
    page: 'products/apollo-server.md',
    packages: ['@apollo/server', '@as-integrations/express5', 'graphql@16', 'express@5'],
    groups: 'admins',
    path: query('{ me }'),
    answers: /"me":"alice"/,
    headers: { 'Apollo-Require-Preflight': 'true' },
    write: {
      path: '/graphql',
      what: { method: 'POST', json: { query: '{ me }' }, headers: { 'Apollo-Require-Preflight': '' } },
      ownProtection: 400,
    },
    async roles({ ask }) {
      const headers = { 'Apollo-Require-Preflight': 'true' };
      const alice = await ask(query('{ salaries }'), { user: 'alice', groups: 'admins', headers });
      assert.match(alice.text, /"salaries":"high"/);
      const bob = await ask(query('{ salaries }'), { user: 'bob', headers });
      assert.match(bob.text, /"salaries":null/);
    },
  },
  {
    name: 'Verdaccio',
    page: 'products/verdaccio.md',
    packages: ['verdaccio', 'express@4'],
    // The tag `cjs`, which a package of Verdaccio asks for, is not on every mirror of npm.
    overrides: { 'node-fetch': '2.6.7' },
    data: 'verdaccio',
    groups: 'staff',
    path: '/npm/-/whoami',
    answers: /"username": ?"alice"/,
    shared: true,
    write: {
      path: '/npm/-/package/@scope%2fpublished-here/dist-tags/beta',
      what: { method: 'PUT', json: '1.0.0' },
    },
    async roles({ ask, npm, token }) {
      for (const name of ['published-here', '@scope/published-here']) {
        assert.equal(await npm(['publish'], token, name), 0, `alice publishes ${name} with her phone’s token`);
        assert.equal(await npm(['install', name], token, name), 0, 'and installs it');
        assert.notEqual(await npm(['publish'], 'forged', name), 0);
        assert.notEqual(await npm(['install', name], 'forged', name), 0);
      }
      // A browser reads the scoped package on the same path, in the spellings of npm and of browsers.
      for (const path of [
        '/npm/@scope%2fpublished-here',
        '/npm/@scope%2Fpublished-here',
        '/npm/@scope/published-here',
      ]) {
        const alice = await ask(path, { user: 'alice', groups: 'staff' });
        assert.deepEqual([alice.status, alice.json?.['name']], [200, '@scope/published-here'], alice.text);
        assert.equal((await ask(path, {})).status, 401);
        assert.equal((await ask(path, { headers: { 'Remote-User': 'alice' } })).status, 403, 'without the secret');
      }
      // Bob may read, but may not publish.
      const publish = { method: 'PUT', json: {}, headers: { 'Content-Type': 'application/json', ...sameOrigin } };
      const bob = await ask('/npm/@scope%2fby-bob', { ...publish, user: 'bob' });
      assert.equal(bob.status, 403, bob.text);
    },
  },
  {
    name: 'Node-RED',
    page: 'products/node-red.md',
    packages: ['node-red', 'express@4'],
    data: 'node-red',
    groups: 'admins',
    path: '/red/settings',
    answers: /"httpNodeRoot":"\/flows\/?"/,
    write: { path: '/red/flows', what: { method: 'POST', json: [] } },
    webSocket: '/red/comms',
  },
  {
    name: 'Parse Server',
    page: 'products/parse-server.md',
    packages: ['parse-server', 'express@5.2.1'],
    // It reaches into a file of `router`, which is different in 2.3.
    overrides: { router: '2.2.0' },
    needs: 'postgres',
    groups: 'staff',
    path: '/parse/classes/_User',
    answers: /"results":\[/,
    headers: { 'X-Parse-Application-Id': 'notes' },
    write: { path: '/parse/classes/Note', what: { method: 'POST', json: { text: 'by a form' } } },
    async roles({ ask, token }) {
      const headers = {
        'X-Parse-Application-Id': 'notes',
        'Content-Type': 'application/json',
        ...sameOrigin,
      };
      const alice = { user: 'alice', groups: 'staff', headers };
      // Everybody sees only their own row there.
      const rowOf = async (who: Ask): Promise<string> => {
        const { results } = (await ask('/parse/classes/_User', who)).json as { results: { objectId: string }[] };
        return results.map(({ objectId }) => objectId).join();
      };
      const objectId = await rowOf(alice);
      assert.match(objectId, /^\w+$/);
      // A note that only alice may read.
      const json = { text: 'private', ACL: { [objectId]: { read: true, write: true } } };
      const note = await ask('/parse/classes/Note', { ...alice, method: 'POST', json });
      assert.equal(note.status, 201, note.text);
      assert.match((await ask('/phone/parse/classes/Note', { token, headers })).text, /private/);
      const bob = await ask('/parse/classes/Note', { user: 'bob', groups: 'staff', headers });
      assert.deepEqual(bob.json, { results: [] });
      assert.equal((await ask('/parse/classes/Note', { user: 'bob', headers })).status, 403);
      // Twenty first requests of one person make one row.
      const carol = { user: 'carol', groups: 'staff', headers };
      const rows = new Set(await Promise.all(Array.from({ length: 20 }, () => rowOf(carol))));
      assert.equal(rows.size, 1);
      assert.match([...rows].join(), /^\w+$/);
      assert.ok(!rows.has(objectId));
    },
  },
  {
    name: 'Unleash',
    page: 'products/unleash.md',
    packages: ['unleash-server', 'express@4'],
    needs: 'postgres',
    groups: 'staff',
    path: '/api/admin/projects',
    answers: /"id":"default"/,
    write: { path: '/api/admin/projects/default/features', what: { method: 'POST', json: { name: 'five' } } },
    async roles({ ask, token }) {
      const path = '/api/admin/projects/default/features';
      const flag = (name: string): Ask => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...sameOrigin },
        json: { name },
      });
      assert.equal((await ask(path, { ...flag('one'), user: 'alice', groups: 'staff' })).status, 201);
      assert.equal((await ask(`/phone${path}`, { ...flag('two'), token })).status, 201);
      assert.equal((await ask(path, { ...flag('three'), user: 'bob' })).status, 403);
      assert.match((await ask('/api/admin/user', { user: 'bob' })).text, /users\.example\.com/);
      // A role that is gone at the proxy is gone in Unleash.
      assert.equal((await ask(path, { ...flag('four'), user: 'alice' })).status, 403);
      // The account that Unleash itself creates is not for a header.
      assert.equal((await ask('/api/admin/user-admin', { user: 'admin' })).status, 403);
      await ask('/api/admin/user', { user: 'alice', groups: 'staff' });
    },
  },
  {
    name: 'NestJS',
    page: 'frameworks.md',
    heading: 'NestJS',
    packages: ['@nestjs/core', '@nestjs/common', '@nestjs/platform-express', 'reflect-metadata', 'rxjs', 'express@5'],
    groups: 'admins',
    path: '/reports',
    phonePath: '/api/library',
    answers: /"subject":"alice"/,
  },
  {
    name: 'Fastify',
    page: 'frameworks.md',
    heading: 'Fastify',
    packages: ['fastify', '@fastify/express', 'express@5'],
    groups: 'admins',
    path: '/reports',
    phonePath: '/api/library',
    answers: /"subject":"alice"/,
  },
  {
    name: 'socket.io',
    page: 'frameworks.md',
    heading: 'socket.io',
    packages: ['socket.io', 'express@5'],
    groups: 'admins',
    path: '/socket.io/?EIO=4&transport=polling',
    phonePath: '/api/socket.io/?EIO=4&transport=polling',
    answers: /"sid":/,
    webSocket: '/socket.io/?EIO=4&transport=websocket',
    hello: ['40', /"hello","(?:alice|carol)"/],
    async roles({ ask }) {
      assert.equal((await ask('/auth/admin/users', { user: 'bob' })).status, 403);
    },
  },
];

/** The table of docs/products.md. */
export function productsTable(passed: (name: string) => boolean = () => true): string {
  const rows = products.map(({ name, page, heading, webSocket, write }) => {
    const link = heading === undefined ? page : `${page}#${heading.toLowerCase().replaceAll(/[^a-z-]/g, '')}`;
    const cell = passed(name) ? 'yes' : 'no';
    const cells = [cell, cell, write && cell, webSocket && cell, cell].map((each) => each ?? '–');
    return `| [${name}](${link}) | ${cells.join(' | ')} |`;
  });
  return [
    '| server | header login and roles | phone’s token on its API | refuses writes of other sites | WebSocket | logout |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
