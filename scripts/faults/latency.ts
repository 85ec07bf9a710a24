// Measures how long an administrator waits for a change, and when another server first answers with the change.
import { setTimeout as pause } from 'node:timers/promises';
import { startProcess } from '../../test/support/processes.js';
import type { LoadSettings } from './load.js';
import { administrator, byHeader, identityOf, viewIn } from './people.js';
import type { LoopReport } from './server.js';
import type { Server, Site } from './site.js';

/** The measurement ends after this number of pairs of changes, or after this time. */
const most = { pairs: 400, milliseconds: 45_000 };
const connections = 4;
const program = new URL('./load.js', import.meta.url).pathname;

/** The median and the 99th percentile, in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** The latency of changes under one kind of load. */
export interface Latency {
  readonly load: 'idle' | 'busy';
  readonly changes: number;
  /** The time until the call returns. */
  readonly call: Quantiles;
  /** The time from the beginning of the call until another server first answers with the change. */
  readonly elsewhere: Quantiles;
  /** The time that a bare statement (`SELECT 1`) takes on a connection of its own, between the changes. */
  readonly statement: Quantiles;
  /** The event loop of the server that makes the changes. */
  readonly loop: LoopReport;
  /** The requests of the load that all servers together answered per second, during the measurement. */
  readonly perSecond: number;
}

/** Measures idle and busy servers. */
export async function latencies(site: Site): Promise<readonly Latency[]> {
  await byHeader(site.servers[0] as Server, administrator).get('/auth/me');
  const idle = await measure(site, 'idle', 0);
  const load = await startLoad(site);
  try {
    await pause(3000);
    const busy = await measure(site, 'busy', 0);
    return [idle, { ...busy, perSecond: await load.stop() }];
  } finally {
    await load.stop();
  }
}

async function measure({ servers, database }: Site, load: Latency['load'], perSecond: number): Promise<Latency> {
  const [author, elsewhere] = servers as [Server, Server];
  const admin = byHeader(author, administrator);
  const who = { subject: `measured-${load}`, groups: ['staff'] };
  const reader = byHeader(elsewhere, who);
  await reader.get('/auth/me');
  const { json } = await admin.get(`/auth/admin/users?search=${who.subject}`);
  const [user] = json['users'] as readonly { readonly id: string; readonly version: number }[];
  if (user === undefined) throw new Error('The user exists after the first request');
  let { version } = user;
  await loopOf(author);
  const called: number[] = [];
  const seen: number[] = [];
  const stated: number[] = [];
  async function change(disabled: boolean): Promise<number> {
    const began = performance.now();
    const body = { disabled };
    const answer = await admin.send('PATCH', `/auth/admin/users/${user?.id}`, body, { 'if-match': `"${version}"` });
    const ended = performance.now();
    if (answer.status !== 200) throw new Error(`A change got ${answer.status}: ${answer.text}`);
    version = Number(answer.json['version']);
    return ended - began;
  }
  const deadline = performance.now() + most.milliseconds;
  for (let count = 0; count < most.pairs && performance.now() < deadline; count += 1) {
    // No other request runs during the first change of each pair, because requests would slow it down.
    called.push(await change(true));
    const began = performance.now();
    const [at] = await Promise.all([
      firstView('viewer', async () => viewIn(await reader.get('/auth/me'))),
      change(false),
    ]);
    seen.push(at - began);
    const asked = performance.now();
    await database.query('SELECT 1');
    stated.push(performance.now() - asked);
    await pause(20);
  }
  const changes = called.length + seen.length;
  return {
    load,
    changes,
    call: quantiles(called),
    elsewhere: quantiles(seen),
    statement: quantiles(stated),
    loop: await loopOf(author),
    perSecond,
  };
}

/** The time at which the first answer with this view arrives. */
async function firstView(view: string, ask: () => Promise<string>): Promise<number> {
  for (;;) {
    if ((await ask()) === view) return performance.now();
    await pause(2);
  }
}

async function loopOf({ url }: Server): Promise<LoopReport> {
  return (await (await fetch(`${url}/loop`)).json()) as LoopReport;
}

/** Starts the load in a process of its own. `stop` resolves with the answers per second. */
async function startLoad({ servers }: Site): Promise<{ stop(): Promise<number> }> {
  const settings: LoadSettings = {
    urls: servers.map(({ url }) => url),
    headers: identityOf({ subject: 'crowd', groups: ['staff'] }),
    connections,
  };
  let said = (): string => '';
  const running = await startProcess({
    program: process.execPath,
    args: [program],
    environment: { LATCHKEY_LOAD: JSON.stringify(settings) },
    answers: async () => true,
  });
  said = running.output;
  return {
    async stop() {
      await running.stop();
      const last = said().trim().split('\n').at(-1) ?? '';
      return (JSON.parse(last) as { readonly perSecond: number }).perSecond;
    },
  };
}

function quantiles(times: readonly number[]): Quantiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
