// Whether Redis may throw keys away when its memory is full. Latchkey's throttles must not be.
import { isCluster, type RedisClient, type RedisCluster } from './client-shapes.js';

async function policyOf(node: RedisClient): Promise<string | undefined> {
  try {
    const reply = await node.call('config', 'get', 'maxmemory-policy');
    return Array.isArray(reply) ? String(reply[1]) : undefined;
  } catch {
    // Managed services forbid CONFIG.
    return undefined;
  }
}

/**
 * What is wrong with the eviction policy of the servers, in sentences; none where every primary has `noeviction`.
 * A server that does not tell its policy gets a sentence, too.
 */
export async function evictionWarnings(client: RedisClient | RedisCluster): Promise<readonly string[]> {
  const nodes = isCluster(client) ? client.nodes('master') : [client];
  const policies = new Set(await Promise.all(nodes.map(policyOf)));
  policies.delete('noeviction');
  return [...policies].map((policy) =>
    policy === undefined
      ? 'Redis does not tell its maxmemory-policy; see to it that it is noeviction'
      : `Redis has maxmemory-policy ${policy}; with anything but noeviction it may forget throttles and pairings`,
  );
}
