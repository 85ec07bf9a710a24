// directory/: who is that here, and what may they do? The cache of users, devices and mappings.
import type { SharedState } from '../ports.js';
import type { Clock, OnEvent } from '../types.js';
import { type CoherentCache, coherentCache } from './coherent-cache.js';
import { cachePrefix, decodeEntry, type Entry, encodeEntry } from './entries.js';

/** Users, devices and mappings, in this process and in the shared state. */
export type PrincipalCache = CoherentCache<Entry>;

/** What the principal cache needs, and its limits. */
export interface PrincipalCacheOptions {
  readonly state: SharedState;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** The backstop in the shared state, in seconds. Default: 600. */
  readonly ttlSeconds?: number;
  /** The backstop in the process, in seconds. Default: 60. */
  readonly localSeconds?: number;
  /** How many users and devices a process holds; 100,000 take about 50 MiB. Default: 100,000. */
  readonly localEntries?: number;
}

/** The one cache of an instance, which its resolver and its administration share. */
export function principalCache(options: PrincipalCacheOptions): PrincipalCache {
  return coherentCache({
    ttlSeconds: 600,
    localSeconds: 60,
    localEntries: 100_000,
    ...options,
    prefix: cachePrefix,
    codec: { encode: encodeEntry, decode: decodeEntry },
  });
}
