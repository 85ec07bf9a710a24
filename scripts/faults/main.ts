// Makes each component that Latchkey depends on fail, one after the other, while simulated users send requests. Writes
// the tables of docs/reliability.md. Run it with `npm run test:faults`. Arguments select faults by parts of their
// names. With arguments, the page is not written.
import { setTimeout as pause } from 'node:timers/promises';
import { sentinelPlace } from '../../test/faults/places.js';
import { startRedis, startRedisCluster } from '../../test/support/redis.js';
import { startSentinelSet } from '../../test/support/redis-sentinel.js';
import { restartsInACrowd } from './crowd.js';
import { type Fault, faultsOn, type Row } from './fault.js';
import { type Latency, latencies } from './latency.js';
import { allFailuresOf, resultsOf, thisMachine, writePage } from './page.js';
import { postgresFaults } from './postgres-faults.js';
import { processFaults } from './process-faults.js';
import { redisFaults, startFaultyRedis } from './redis-faults.js';
import { clusterFaults, sentinelFault } from './replicated-faults.js';
import { failuresOf, tableOf } from './report.js';
import { type Site, startSite } from './site.js';
import { establishTruth } from './truth.js';

// Exits normally, because the exit handlers stop the servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const selected = process.argv.slice(2);
const isSelected = (name: string): boolean => selected.length === 0 || selected.some((part) => name.includes(part));

/** Runs those of these faults that the arguments select. */
async function runOn(site: Site, faults: readonly Fault[]): Promise<readonly Row[]> {
  const chosen = faults.filter(({ name }) => isSelected(name));
  if (chosen.length === 0) return [];
  const running = await faultsOn(site, await establishTruth(site));
  const rows: Row[] = [];
  for (const fault of chosen) {
    const row = await running.run(fault);
    rows.push(row);
    console.log(tableOf([row]).split('\n').at(-1));
    for (const failure of failuresOf([row]).slice(0, 5)) console.error(failure);
  }
  await running.stop();
  return rows;
}

async function onSingleRedis(): Promise<readonly Row[]> {
  const redis = await startFaultyRedis();
  const site = await startSite(redis);
  try {
    return await runOn(site, [
      ...(await redisFaults(site, redis)),
      ...postgresFaults(site),
      restartsInACrowd(site.postgres, redis),
      ...processFaults(site),
    ]);
  } finally {
    await site.stop();
    await redis.stop();
  }
}

async function onSentinels(how: 'cut off' | 'killed'): Promise<readonly Row[]> {
  if (!isSelected('Sentinel')) return [];
  const set = await startSentinelSet();
  const site = await startSite(sentinelPlace(set));
  try {
    return await runOn(site, [sentinelFault(set, how)]);
  } finally {
    await site.stop();
    await set.stop();
  }
}

async function onCluster(): Promise<readonly Row[]> {
  if (!isSelected('Cluster')) return [];
  const cluster = await startRedisCluster();
  const site = await startSite({ nodes: cluster.nodes.map(({ port }) => port) });
  try {
    return await runOn(site, clusterFaults(cluster));
  } finally {
    await site.stop();
    await cluster.stop();
  }
}

async function onIdleServers(): Promise<readonly Latency[]> {
  if (!isSelected('latency')) return [];
  const redis = await startRedis();
  const site = await startSite(redis);
  try {
    // A server that has just started waits longer for its changes.
    await pause(10_000);
    return await latencies(site);
  } finally {
    await site.stop();
    await redis.stop();
  }
}

const machine = thisMachine();
const latency = await onIdleServers();
const rows = [
  ...(await onSingleRedis()),
  ...(await onSentinels('killed')),
  ...(await onSentinels('cut off')),
  ...(await onCluster()),
];
const results = resultsOf(rows, latency, machine);
console.log(results);
if (selected.length === 0) writePage(results);
const failures = allFailuresOf(rows, latency);
console.error(`${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;
