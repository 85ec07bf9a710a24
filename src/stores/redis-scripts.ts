// stores: the Lua scripts of redisState: steps that no single Redis command carries out. Each touches one key.
import { createHash } from 'node:crypto';

/** A script and the digest by which Redis remembers it. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

function script(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Sets a key if it holds exactly what is expected. */
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

/** Counts within a fixed window. */
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

/*
 * The registry of watching processes is one hash, so that it is there as a whole or not at all: `server`, `epoch`,
 * `born`, `fence`, and for each process `member:<id>` = `<end of its lease>:<the fence it acknowledged>`.
 *
 * A registry that was flushed, evicted, or lost by a failover to a replica that had not heard of its latest members says
 * nothing about who held a lease before. So it begins anew when it is missing or was written by another server process,
 * under another epoch, in which no earlier number counts; and until the longest earlier lease must have ended, it is
 * not believed to be complete. Where the server does not tell its `run_id`, a failover goes unrecognised.
 */
const registry = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local info = redis.pcall('INFO', 'server')
local server = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
local known = redis.call('HMGET', KEYS[1], 'server', 'epoch', 'born', 'fence')
-- A clock that was set back would keep the registry young for as long.
if known[1] ~= server or tonumber(known[3]) > now then
  known = {server, ARGV[1], now, 0}
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'server', server, 'epoch', ARGV[1], 'born', now, 'fence', 0)
end
local epoch, born, fence = known[2], tonumber(known[3]), tonumber(known[4])
redis.call('EXPIRE', KEYS[1], 86400)
`;

/** Takes or renews the lease of a watching process, which says at the same time up to where it was told. */
export const renewScript: RedisScript = script(`
-- Registers a process that watches, until its lease ends.
-- KEYS[1]  the registry
-- ARGV[1]  an epoch that was never used, for a registry that begins anew
-- ARGV[2]  the length of the lease, in milliseconds
-- ARGV[3]  the id of the process's watch
-- ARGV[4]  the epoch of what it acknowledges; empty: it is new and holds nothing, so nothing is outdated
-- ARGV[5]  the number that it acknowledges
-- Returns  the epoch and the number of the latest fence
${registry}
local told = 0
if ARGV[4] == '' then
  told = fence
elseif ARGV[4] == epoch then
  told = ARGV[5]
end
redis.call('HSET', KEYS[1], 'member:' .. ARGV[3], (now + ARGV[2]) .. ':' .. told)
return {epoch, fence}
`);

/** Raises a fence, or tells who has not acknowledged one yet. */
export const fenceScript: RedisScript = script(`
-- Counts the processes that may not have been told of what was changed before the fence was raised.
-- KEYS[1]  the registry
-- ARGV[1]  an epoch that was never used, for a registry that begins anew
-- ARGV[2]  how long a registry that begins anew is not believed to be complete, in milliseconds: the longest lease
-- ARGV[3]  the epoch of the fence; if it is not the present one, a fence is raised
-- ARGV[4]  the number of the fence
-- Returns  epoch and number of the fence, the count, and the milliseconds until the registry is believed to be complete
${registry}
local number = tonumber(ARGV[4])
if ARGV[3] ~= epoch then
  number = redis.call('HINCRBY', KEYS[1], 'fence', 1)
end
local pending = 0
local fields = redis.call('HGETALL', KEYS[1])
for index = 1, #fields, 2 do
  local ends, told = string.match(fields[index + 1], '^(%d+):(%d+)$')
  if ends and tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], fields[index])
  elseif ends and tonumber(told) < number then
    pending = pending + 1
  end
end
return {epoch, number, pending, math.max(0, born + ARGV[2] - now)}
`);
