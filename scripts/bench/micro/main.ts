// Measures the cost of Latchkey per request in one process, without sockets. Run it with `npm run bench:micro`.
//
// Options, after `--`: `--rounds <number>` and `--slice <requests>`; `--profile <folder>` writes a CPU profile of each
// variant; `--heap <millions>` measures the growth of the heap instead; `--people <count>` measures the memory of
// cached users.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { numberOption } from '../arguments.js';
import { interleaved } from '../slices.js';
import { cachedPeople } from './cached-people.js';
import { collectYoung } from './garbage.js';
import { heapGrowth } from './heap-growth.js';
import { profiled } from './profile.js';
import { microTable, partCount } from './table.js';
import { type MicroVariant, microVariants } from './variants.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    slice: { type: 'string', default: '320' },
    profile: { type: 'string' },
    heap: { type: 'string' },
    people: { type: 'string' },
  },
});

// V8 has optimized the code of all variants after this number of requests to each.
const warmUpRequests = 10_000;
const profiledRequests = 30_000;

/**
 * Returns the CPU time of a slice in microseconds per request. Other processes on the machine change the CPU time less
 * than the elapsed time. Each slice collects its own garbage. Otherwise, only some slices would contain a collection.
 */
async function cpuMicroseconds({ exchange, copies }: MicroVariant, requests: number): Promise<number> {
  const before = process.cpuUsage();
  await exchange.run(copies, requests);
  collectYoung();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}

async function compare(variants: readonly MicroVariant[], rounds: number, slice: number): Promise<void> {
  await interleaved(variants, Math.ceil(warmUpRequests / slice), (variant) => cpuMicroseconds(variant, slice));
  const series = await interleaved(variants, rounds, (variant) => cpuMicroseconds(variant, slice));
  console.log(microTable(variants, series));
}

async function main(): Promise<void> {
  console.log(`${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}`);
  if (values.people !== undefined) return console.log(await cachedPeople(numberOption('people', values.people, 1)));
  const { variants, close } = await microVariants();
  try {
    if (values.heap !== undefined) await heapGrowth(variants, numberOption('heap', values.heap, 0.001), console.log);
    else if (values.profile !== undefined) await profiled(variants, profiledRequests, values.profile, console.log);
    else {
      const rounds = numberOption('rounds', values.rounds, partCount);
      await compare(variants, rounds, numberOption('slice', values.slice, 1));
    }
  } finally {
    await close();
  }
}

await main();
