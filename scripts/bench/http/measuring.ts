// Measures slices of the servers over HTTP.
import type { Redis } from 'ioredis';
import type { BenchRequest } from '../requests.js';
import type { Slice, SliceResult } from './load.js';
import type { Child, Usage } from './server-process.js';

/** A server that is ready to be measured. */
export interface StartedServer {
  readonly child: Child;
  readonly port: number;
  /** A client of the server's own Redis. */
  readonly redis: Redis;
}

/** The measured values of one slice. */
export interface Sample {
  /** The number of requests of the slice. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** The server's CPU time per request. */
  readonly cpuMicroseconds: number;
  /** The server's CPU time as a share of the time of the slice. If it is far below 1, the server has waited. */
  readonly busy: number;
  /** SQL statements per request. */
  readonly statements: number;
  /** Redis commands per request. */
  readonly commands: number;
}

/** Commands that do not belong to requests: those of this measurement, and those that keep connections alive. */
const otherCommands = new Set(['info', 'ping', 'hello', 'client', 'auth', 'select']);

/** Adds up the calls in the answer to `INFO commandstats`. */
export function commandCalls(info: string): number {
  let calls = 0;
  for (const [, name = '', count] of info.matchAll(/^cmdstat_([^:|]+)[^:]*:calls=(\d+)/gm)) {
    if (!otherCommands.has(name)) calls += Number(count);
  }
  return calls;
}

/** Sends requests to a server for some time, and returns what they have cost. */
export async function sample(
  server: StartedServer,
  load: Child,
  requests: readonly BenchRequest[],
  milliseconds: number,
): Promise<Sample> {
  const used = async (): Promise<Usage & { readonly commands: number }> => ({
    ...((await server.child.ask('usage')) as Usage),
    commands: commandCalls(await server.redis.info('commandstats')),
  });
  const before = await used();
  const slice: Slice = { port: server.port, requests, milliseconds };
  const result = (await load.ask(slice)) as SliceResult;
  const after = await used();
  const perRequest = (of: (use: typeof before) => number): number => (of(after) - of(before)) / result.responses;
  const cpuMicroseconds = perRequest((use) => use.cpuMicroseconds);
  const requestsPerSecond = (result.responses / result.milliseconds) * 1000;
  return {
    requests: result.responses,
    requestsPerSecond,
    cpuMicroseconds,
    busy: (cpuMicroseconds * requestsPerSecond) / 1_000_000,
    statements: perRequest((use) => use.statements),
    commands: perRequest((use) => use.commands),
  };
}
