// The journal of the in-memory directory.
import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Journal,
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
} from '../../vocabulary/journal.js';
import type { Clock } from '../../vocabulary/types.js';
import { requireStorable } from '../storable-text.js';

/** The journal, and the functions that the other parts of the directory call. */
export interface MemoryJournal {
  readonly verbs: Journal;
  /** Adds a row. */
  append(keys: readonly string[]): Position;
  /** Returns the position of the last row. */
  head(): Position;
}

/** Creates a journal in memory. */
export function memoryJournal(now: Clock): MemoryJournal {
  const database = randomUUID();
  let rows: (JournalRow & { readonly at: number })[] = [];
  const instances = new Map<string, JournalInstance>();

  // Every method is atomic, because no method awaits anything. `async` turns thrown errors into rejections.

  let head: Position = add(0, []);

  function add(seq: number, keys: readonly string[]): Position {
    const position = Object.freeze({ seq, nonce: randomBytes(16).toString('base64url') });
    // The keys are copied, because the caller might change the array later.
    rows.push(Object.freeze({ ...position, keys: Object.freeze([...keys]), at: now() }));
    return position;
  }

  function append(keys: readonly string[]): Position {
    head = add(head.seq + 1, keys);
    return head;
  }

  /**
   * Returns the rows whose number is at least `seq`. The numbers have no gaps, so the index of a row follows from its
   * number.
   */
  function since(seq: number): readonly JournalRow[] {
    return rows.slice(Math.max(0, seq - (rows[0]?.seq ?? 0))).map(({ at: _, ...row }) => row);
  }

  return {
    append,
    head: () => head,
    verbs: {
      async join(id, waitMilliseconds, latest) {
        requireStorable(id);
        const { seq: acknowledged } = append([journalKeys.joined]);
        const beat = (instances.get(id)?.beat ?? -1) + 1;
        instances.set(id, Object.freeze({ id, beat, acknowledged, waitMilliseconds }));
        return { database, rows: since(acknowledged - latest + 1) };
      },

      async beat(id, after) {
        const instance = instances.get(id);
        const place = rows[after.seq - (rows[0]?.seq ?? 0)];
        if (instance === undefined || place?.nonce !== after.nonce) {
          return undefined;
        }
        instances.set(id, Object.freeze({ ...instance, beat: instance.beat + 1, acknowledged: after.seq }));
        return since(after.seq + 1);
      },

      async instances() {
        return [...instances.values()];
      },

      async leave(id, beat) {
        if (beat === undefined || instances.get(id)?.beat === beat) {
          instances.delete(id);
        }
      },

      async note(keys) {
        requireStorable(keys);
        return append(keys);
      },

      async prune(ageSeconds) {
        // Only rows at the beginning are removed. So the numbers of the remaining rows have no gaps, even if the clock
        // was set back.
        const young = rows.findIndex(({ at }) => at >= now() - ageSeconds * 1000);
        rows = rows.slice(Math.max(0, (young === -1 ? rows.length : young) - 1));
      },
    },
  };
}
