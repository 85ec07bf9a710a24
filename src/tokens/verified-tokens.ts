// Caches verified tokens by their hash.
import type { VerifiedToken } from './api-token.js';

const generationSize = 5000;

/**
 * Creates a bounded cache that consists of a young and an old map. Like an LRU list, but at a lower cost, the cache
 * keeps the entries that are in use.
 */
export function verifiedTokens(): {
  get(tokenHash: string): VerifiedToken | undefined;
  add(tokenHash: string, claims: VerifiedToken): void;
} {
  let young = new Map<string, VerifiedToken>();
  let old = new Map<string, VerifiedToken>();
  function add(tokenHash: string, claims: VerifiedToken): void {
    if (young.size >= generationSize) {
      old = young;
      young = new Map();
    }
    young.set(tokenHash, claims);
  }
  return {
    add,
    get(tokenHash) {
      const claims = young.get(tokenHash);
      if (claims !== undefined) return claims;
      const former = old.get(tokenHash);
      if (former !== undefined) add(tokenHash, former);
      return former;
    },
  };
}
