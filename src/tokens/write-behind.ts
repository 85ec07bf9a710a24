// What is written behind, so that requests do not wait for it: the latest note of each row, many at once.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/types.js';

/** Collects notes about rows and writes them now and then, all in one statement. */
export interface WriteBehind<Note> {
  /** Notes, in place of an earlier note about the same row. No I/O. */
  note(id: string, note: Note): void;
  /** What was noted about this row and may not have been written yet. */
  pending(id: string): Note | undefined;
  /** Writes what was noted. Never rejects: what could not be written is kept for next time, and told as an event. */
  flush(): Promise<void>;
  /** Writes what was noted and stops. */
  close(): Promise<void>;
}

/** What `writeBehind` works with. */
export interface WriteBehindOptions<Note> {
  /** Writes the notes, in one statement. */
  readonly write: (notes: ReadonlyMap<string, Note>) => Promise<void>;
  /** Told as an event where that fails. */
  readonly failure: string;
  readonly onEvent: OnEvent;
  /** Seconds between two writes, which is also how often one row is written. */
  readonly intervalSeconds: number;
}

/** Makes a write-behind. Its timer does not keep the process alive. */
export function writeBehind<Note>(options: WriteBehindOptions<Note>): WriteBehind<Note> {
  const { write, failure, onEvent, intervalSeconds } = options;
  let noted = new Map<string, Note>();
  let writing: ReadonlyMap<string, Note> = new Map();
  let running: Promise<void> | undefined;

  async function writeNoted(): Promise<void> {
    if (noted.size === 0) return;
    writing = noted;
    noted = new Map();
    try {
      await write(writing);
    } catch (error) {
      for (const [id, note] of writing) if (!noted.has(id)) noted.set(id, note);
      const code = error instanceof LatchkeyError ? error.code : 'ERR_DIRECTORY_UNAVAILABLE';
      onEvent({ type: 'error', code, message: failure });
    } finally {
      writing = new Map();
    }
  }

  async function flush(): Promise<void> {
    // One statement at a time: two at once on the same rows could only wait for each other.
    await running;
    running ??= writeNoted().finally(() => {
      running = undefined;
    });
    await running;
  }

  const timer = setInterval(() => void flush(), intervalSeconds * 1000);
  timer.unref();

  return {
    note(id, note) {
      noted.set(id, note);
    },
    pending: (id) => noted.get(id) ?? writing.get(id),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
