// Checks whether Redis evicts keys when its memory is full. Redis must not evict the counters of Latchkey's rate
// limits.
import { isCluster, type RedisClient, type RedisCluster } from './client-shapes.js';

async function policyOf(node: RedisClient): Promise<string | undefined> {
  try {
    const reply = await node.call('config', 'get', 'maxmemory-policy');
    return Array.isArray(reply) ? String(reply[1]) : undefined;
  } catch {
    // Some managed services forbid the command CONFIG.
    return undefined;
  }
}

/**
 * Reads the eviction policies of all primaries. Returns one warning for each policy other than `noeviction`, and one
 * warning if a server does not report its policy.
 */
export async function evictionWarnings(client: RedisClient | RedisCluster): Promise<readonly string[]> {
  const nodes = isCluster(client) ? client.nodes('master') : [client];
  const policies = new Set(await Promise.all(nodes.map(policyOf)));
  policies.delete('noeviction');
  return [...policies].map((policy) =>
    policy === undefined
      ? 'Redis does not report its maxmemory-policy; make sure that it is noeviction'
      : `Redis has maxmemory-policy ${policy}; with any policy but noeviction, Redis may delete throttles and pairings`,
  );
}
