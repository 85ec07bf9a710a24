// The servers that `npm run test:products` mounts Latchkey in, and what it checks there beyond login and logout.
import { strict as assert } from 'node:assert';
import type { Answer, Ask } from '../../test/http/client.js';

/** A server that runs with the code of its page. */
export interface Running {
  readonly folder: string;
  readonly origin: string;
  /** The token of a phone that alice has paired. */
  readonly token: string;
  ask(path: string, what: Ask): Promise<Answer>;
  /** Runs npm in a folder of its own, and returns its exit code. */
  npm(args: readonly string[], token: string): Promise<number>;
}

export interface Product {
  readonly name: string;
  /** The page in docs, and the heading if it has several examples. */
  readonly page: string;
  readonly heading?: string;
  readonly packages: readonly string[];
  readonly overrides?: Readonly<Record<string, string>>;
  readonly needs?: 'redis' | 'postgres';
  /** The groups of alice, who may use the server. Bob has none. */
  readonly groups: string;
  /** A path of the server's API that alice may read, and what it answers. */
  readonly path: string;
  readonly answers: RegExp;
  /** Headers that the server itself wants. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The path of a WebSocket. */
  readonly webSocket?: string;
  /** What a client says first, and what the server answers then. */
  readonly hello?: readonly [say: string, answer: RegExp];
  /** Shows that a role decides. Default: alice may read the path, bob may not. */
  roles?(running: Running): Promise<void>;
}

const query = (text: string): string => `/graphql?query=${encodeURIComponent(text)}`;

export const products: readonly Product[] = [
  {
    name: 'bull-board',
    page: 'products/bull-board.md',
    packages: ['@bull-board/api', '@bull-board/express', 'bullmq', 'ioredis', 'express@5'],
    needs: 'redis',
    groups: 'admins',
    path: '/queues/api/queues',
    answers: /"name":"mail"/,
  },
  {
    name: 'Apollo Server',
    page: 'products/apollo-server.md',
    packages: ['@apollo/server', '@as-integrations/express5', 'graphql@16', 'express@5'],
    groups: 'admins',
    path: query('{ me }'),
    answers: /"me":"alice"/,
    headers: { 'Apollo-Require-Preflight': 'true' },
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
    groups: 'staff',
    path: '/npm/-/whoami',
    answers: /"username": ?"alice"/,
    async roles({ ask, npm, token }) {
      assert.equal(await npm(['publish'], token), 0, 'alice publishes with her phone’s token');
      assert.equal(await npm(['install', 'published-here'], token), 0, 'and installs');
      assert.notEqual(await npm(['publish'], 'forged'), 0);
      // A scoped package: apps reach Verdaccio, a header does not count on such a path.
      assert.equal((await ask('/phone/npm/@scope%2fname', { token })).status, 404);
      assert.equal((await ask('/npm/@scope%2fname', { user: 'alice' })).json?.['code'], 'ERR_TARGET_NOT_CANONICAL');
      const seen = await ask('/npm/published-here', { user: 'bob' });
      assert.equal(seen.status, 200);
      const unpublish = { method: 'DELETE', headers: { 'npm-command': 'unpublish' } };
      const rev = `/npm/published-here/-rev/${String(seen.json?.['_rev'])}`;
      assert.equal((await ask(rev, { ...unpublish, user: 'bob' })).status, 403);
      assert.equal((await ask(rev, { ...unpublish, user: 'carol', groups: 'admins' })).status, 201);
    },
  },
  {
    name: 'Node-RED',
    page: 'products/node-red.md',
    packages: ['node-red', 'express@4'],
    groups: 'admins',
    path: '/red/settings',
    answers: /"httpNodeRoot":"\/flows\/?"/,
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
    async roles({ ask, token }) {
      const headers = { 'X-Parse-Application-Id': 'notes', 'Content-Type': 'application/json' };
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
    async roles({ ask, token }) {
      const path = '/api/admin/projects/default/features';
      const flag = (name: string): Ask => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
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
    answers: /"subject":"alice"/,
  },
  {
    name: 'Fastify',
    page: 'frameworks.md',
    heading: 'Fastify',
    packages: ['fastify', '@fastify/express', 'express@5'],
    groups: 'admins',
    path: '/reports',
    answers: /"subject":"alice"/,
  },
  {
    name: 'socket.io',
    page: 'frameworks.md',
    heading: 'socket.io',
    packages: ['socket.io', 'express@5'],
    groups: 'admins',
    path: '/socket.io/?EIO=4&transport=polling',
    answers: /"sid":/,
    webSocket: '/socket.io/?EIO=4&transport=websocket',
    hello: ['40', /"hello","alice"/],
    async roles({ ask }) {
      assert.equal((await ask('/auth/admin/users', { user: 'bob' })).status, 403);
    },
  },
];

/** The table of docs/products.md. */
export function productsTable(passed: (name: string) => boolean = () => true): string {
  const rows = products.map(({ name, page, heading, webSocket }) => {
    const link = heading === undefined ? page : `${page}#${heading.toLowerCase().replaceAll(/[^a-z-]/g, '')}`;
    const cell = passed(name) ? 'yes' : 'no';
    return `| [${name}](${link}) | ${cell} | ${cell} | ${webSocket === undefined ? '–' : cell} | ${cell} |`;
  });
  return [
    '| server | header login and roles | phone’s token on its API | WebSocket | logout |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
