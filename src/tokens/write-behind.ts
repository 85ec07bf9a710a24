// A write-behind buffer. The buffer keeps the latest note about each row and writes the notes in batches, so that
// requests do not wait.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';

/** Collects notes about rows, and writes all of them in one statement at a fixed interval. */
export interface WriteBehind<Note> {
  /** Buffers a note. The note replaces an earlier note about the same row. Does no I/O. */
  note(id: string, note: Note): void;
  /** Returns the note about this row if the note is not yet written, and `undefined` otherwise. */
  pending(id: string): Note | undefined;
  /** Writes all notes. Never rejects. If the write fails, keeps the notes for the next write and emits an event. */
  flush(): Promise<void>;
  /** Writes all notes and stops the timer. */
  close(): Promise<void>;
}

/** The options of `writeBehind`. */
export interface WriteBehindOptions<Note> {
  /** Writes the notes, in one statement. */
  readonly write: (notes: ReadonlyMap<string, Note>) => Promise<void>;
  /** The message of the event that reports a failed write. */
  readonly failure: string;
  readonly onEvent: OnEvent;
  /** The interval between two writes, in seconds. */
  readonly intervalSeconds: number;
}

/** Creates a write-behind buffer. The buffer's timer does not keep the process alive. */
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
    // Only one statement runs at a time, because concurrent statements on the same rows would wait for each other's
    // locks.
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
