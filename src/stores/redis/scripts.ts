// The Lua scripts of redisState: atomic operations that no single Redis command offers. Each script uses one key.
import { createHash } from 'node:crypto';

/** A script, and the SHA-1 digest by which Redis finds the script in its cache. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

function script(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Sets a key if its current value is the expected value. */
export const compareAndSetScript: RedisScript = script(`
-- Sets a key if it holds exactly what is expected; a missing key holds nothing that could be expected.
-- KEYS[1]  the key
-- ARGV[1]  the expected value
-- ARGV[2]  the next value
-- ARGV[3]  its time to live, in seconds
-- Returns  1 if it was set, otherwise 0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
`);

/** Increments a counter within a fixed time window. */
export const incrementScript: RedisScript = script(`
-- Adds one to a counter; the first count starts the window, later ones do not move its end.
-- KEYS[1]  the counter
-- ARGV[1]  the length of the window, in seconds
-- Returns  the count
local count = redis.call('INCR', KEYS[1])
if count == 1 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return count
`);

/** Reads the clock of the primary that holds a key. */
export const timeScript: RedisScript = script(`
-- Tells the time. On a Cluster the key decides whose clock it is, so that all instances ask the same primary.
-- KEYS[1]  names the primary; it is neither read nor written
-- Returns  seconds since the epoch, and the microseconds beyond them
return redis.call('TIME')
`);
