// Caches entries in the shared state. An entry is used only after `Coherence.judge` has checked the entry's journal
// position.
import type { Position } from '../../vocabulary/journal.js';
import type { SharedState } from '../../vocabulary/ports.js';
import { decodeEntry, type Entry, encodeEntry } from './cache-entries.js';

/** A cache entry, and the journal position at which the entry was read. */
export interface PositionedEntry {
  readonly entry: Entry;
  readonly position: Position;
}

/** Entries in the shared state. No method rejects: a shared state that does not answer is treated as empty. */
export interface SharedEntries {
  /**
   * Returns the entries in the order of the keys. An entry that `isOutdated` rejects by its position is not decoded,
   * because thousands of mappings take long to decode.
   */
  get(
    scope: string,
    keys: readonly string[],
    isOutdated?: (key: string, position: Position) => boolean,
  ): Promise<readonly (PositionedEntry | undefined)[]>;
  put(scope: string, key: string, value: PositionedEntry): Promise<void>;
}

/**
 * Creates the cache. Each key in the shared state contains the id of the database and the id of the configuration. So
 * servers with different databases or configurations can use the same shared state.
 */
export function sharedEntries(
  state: Pick<SharedState, 'get' | 'put'>,
  configuration: string,
  ttlSeconds: number,
): SharedEntries {
  const nameOf = (scope: string, key: string): string => `c:${scope}:${configuration}:${key}`;

  return {
    async get(scope, keys, isOutdated = () => false) {
      try {
        const texts = await state.get(keys.map((key) => nameOf(scope, key)));
        return keys.map((key, index) => decode(key, texts[index], isOutdated));
      } catch {
        // The shared state itself reports the failure to the host. The look-up then reads the entries from the
        // directory.
        return keys.map(() => undefined);
      }
    },

    async put(scope, key, { entry, position: { seq, nonce } }) {
      try {
        await state.put(nameOf(scope, key), JSON.stringify([seq, nonce, encodeEntry(entry)]), ttlSeconds);
      } catch {
        // Without this entry, other processes read from the directory.
      }
    },
  };
}

/** The position at the start of an entry's text, if the nonce needs no escapes. */
const start = /^\[(\d{1,15}),"([\w-]+)",/;

function decode(
  key: string,
  text: string | undefined,
  isOutdated: (key: string, position: Position) => boolean,
): PositionedEntry | undefined {
  if (text === undefined) return undefined;
  const [, number, name = ''] = start.exec(text) ?? [];
  if (number !== undefined && isOutdated(key, { seq: Number(number), nonce: name })) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [seq, nonce, encoded] = parts as unknown[];
  if (typeof seq !== 'number' || typeof nonce !== 'string' || typeof encoded !== 'string') return undefined;
  const entry = decodeEntry(key, encoded);
  return entry && { entry, position: { seq, nonce } };
}
