// Starts all servers at once, and measures them in turns.
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PostgresServer } from '../../../test/support/postgres.js';
import { type RedisServer, startRedis } from '../../../test/support/redis.js';
import type { BenchRequest } from '../requests.js';
import { interleaved } from '../slices.js';
import type { Cores } from './cores.js';
import { bytesOf } from './load.js';
import { type Sample, type StartedServer, sample } from './measuring.js';
import type { Measurement } from './results.js';
import { type Child, type Ready, type ServerSettings, startChild } from './server-process.js';
import { baseline, type HttpVariant } from './variants.js';

/** How to measure. */
export interface RunSettings {
  readonly rounds: number;
  /** The length of a slice. */
  readonly milliseconds: number;
  /** The number of requests that each server gets first, so that V8 has optimized it. */
  readonly warmUpRequests: number;
  readonly cores: Cores;
  readonly postgres: PostgresServer;
  readonly print: (line: string) => void;
}

interface StartedVariant extends StartedServer {
  readonly name: string;
  readonly requests: readonly BenchRequest[];
}

/**
 * A variant and the no-op middleware to compare it with. Each variant has a no-op server of its own. A common one would
 * get more load than each variant, so V8 and the caches of the processor would favor it.
 */
interface Pair extends StartedVariant {
  readonly noOp: StartedServer;
}

const program = (name: string): string => join(import.meta.dirname, name);

/** Measures all variants, each beside the no-op middleware with the same requests. */
export async function runVariants(
  variants: readonly HttpVariant[],
  { rounds, milliseconds, warmUpRequests, cores, postgres, print }: RunSettings,
): Promise<readonly Measurement[]> {
  const children: Child[] = [];
  const redisServers: RedisServer[] = [];

  async function start({ name, file, build }: HttpVariant): Promise<StartedVariant> {
    const redis = await startRedis();
    redisServers.push(redis);
    const database = await postgres.database({ max: 1 });
    const settings: ServerSettings = {
      file,
      build,
      postgres: { port: postgres.port, database: database.options.database ?? '' },
      redis: redis.port,
    };
    const child = startChild(program('server.js'), cores.server, { LATCHKEY_BENCH_SERVER: JSON.stringify(settings) });
    children.push(child);
    const ready = (await child.ready()) as Ready;
    return { name, child, redis: redis.client(), ...ready };
  }

  try {
    const load = startChild(program('load-process.js'), cores.load);
    children.push(load);
    const started: Pair[] = [];
    for (const variant of variants) {
      const noOp = await start(baseline);
      started.push({ ...(await start(variant)), noOp });
      print(`${variant.name} is ready`);
    }
    for (const pair of started) await compareResponses(pair, print);
    const measure = async (variant: Pair): Promise<readonly [own: Sample, base: Sample]> => [
      await sample(variant, load, variant.requests, milliseconds),
      await sample(variant.noOp, load, variant.requests, milliseconds),
    ];
    print('warming up');
    for (const variant of started) {
      for (let answered = 0; answered < warmUpRequests; ) {
        const [own] = await measure(variant);
        answered += own.requests;
      }
    }
    print('measuring');
    const series = await interleaved(started, rounds, measure);
    return [...series].map(([name, samples]) => ({
      name,
      samples: samples.map(([own]) => own),
      baseline: samples.map(([, base]) => base),
    }));
  } finally {
    await Promise.all([...children.map((child) => child.stop()), ...redisServers.map((redis) => redis.stop())]);
  }
}

/** Compares the responses to one request. Prints the headers that differ, because a longer response costs more. */
async function compareResponses(
  { name, port, requests: [request], noOp }: Pair,
  print: (line: string) => void,
): Promise<void> {
  if (request === undefined) throw new Error(`${name} has no requests`);
  const [own, base] = [await responseTo(request, port), await responseTo(request, noOp.port)];
  if (own.body !== base.body) throw new Error(`${name} has another body: ${own.body}`);
  for (const line of own.head) if (!base.head.includes(line)) print(`${name} also sends: ${line.slice(0, 60)}`);
  for (const line of base.head) if (!own.head.includes(line)) print(`${name} does not send: ${line}`);
}

interface ResponseParts {
  readonly head: readonly string[];
  readonly body: string;
}

async function responseTo(request: BenchRequest, port: number): Promise<ResponseParts> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytesOf({ ...request, headers: [...request.headers, 'Connection', 'close'] }));
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head: head.split('\r\n').filter((line) => !line.startsWith('Date: ')), body };
}
