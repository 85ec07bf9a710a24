// Measures how many pairing codes one server process issues and redeems a second, over HTTP, with Redis and Postgres.
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { migrate } from '../../src/stores/migrate.js';
import type { ClosingSettings } from '../../test/faults/closing-report.js';
import { startPostgres } from '../../test/support/postgres.js';
import { freePort, startProcess } from '../../test/support/processes.js';
import { startRedis } from '../../test/support/redis.js';

const program = new URL('../../test/faults/closing-server.js', import.meta.url).pathname;
const host = '127.0.0.1';
const clients = 16;
const perClient = 60;

const postgres = await startPostgres();
const redis = await startRedis();
const pool = await postgres.database();
await migrate(pool);
const port = await freePort();
const settings: ClosingSettings = {
  port,
  postgres: { port: postgres.port, database: pool.options.database ?? '' },
  redis: redis.port,
};
const server = await startProcess({
  program: process.execPath,
  args: [program],
  environment: { LATCHKEY_CLOSING: JSON.stringify(settings) },
  answers: async () => (await fetch(`http://${host}:${port}/api/who`)).status === 401,
});

/** Sends a POST request, and returns the answer's JSON. */
async function post(agent: Agent, path: string, headers: object, body: object): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, agent, path, method: 'POST' }, (response) => {
      if ((response.statusCode ?? 500) >= 300) reject(new Error(`${path} answered ${response.statusCode}`));
      else json(response).then((value) => resolve(value as Record<string, unknown>), reject);
    }).on('error', reject);
    for (const [name, value] of Object.entries({ ...headers, 'content-type': 'application/json', 'x-id': 'pairing' })) {
      sent.setHeader(name, String(value));
    }
    sent.end(JSON.stringify(body));
  });
}

const times = { open: [] as number[], redeem: [] as number[] };

async function timed<Result>(kind: keyof typeof times, work: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  const result = await work();
  times[kind].push(performance.now() - began);
  return result;
}

try {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let round = 0; round < perClient; round += 1) {
        // The server accepts at most 20 codes in ten minutes for the pairings of one user.
        const user = `user-${client}-${Math.floor(round / 15)}`;
        const login = { 'remote-user': user, 'remote-groups': 'staff', 'sec-fetch-site': 'same-origin' };
        const { code } = await timed('open', () => post(agent, '/auth/pairings', login, {}));
        const grant = 'urn:latchkey:params:oauth:grant-type:quick-connect';
        const body = { grant_type: grant, client_id: 'growth', device_name: 'Phone', code };
        await timed('redeem', () => post(agent, '/api/auth/token', {}, body));
      }
      agent.destroy();
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const total = clients * perClient;
  console.log('\n### Pairing, 16 apps at once\n');
  console.log('| step | a second | median, ms | 99th percentile, ms |');
  console.log('|---|---|---|---|');
  for (const [name, list] of Object.entries(times)) {
    list.sort((one, other) => one - other);
    const [median, high] = [list[total >> 1] ?? 0, list[Math.floor(total * 0.99)] ?? 0];
    console.log(`| ${name} | ${Math.round(total / seconds)} | ${median.toFixed(0)} | ${high.toFixed(0)} |`);
  }
} finally {
  await server.stop('SIGKILL');
  await redis.stop();
  await postgres.stop();
}
