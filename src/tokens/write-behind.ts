// A write-behind buffer: keeps the latest note of each row and writes them in batches, so that requests do not wait.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';

/** Collects notes about rows and writes them at an interval, all in one statement. */
export interface WriteBehind<Note> {
  /** Buffers a note. It replaces an earlier note for the same row. Does no I/O. */
  note(id: string, note: Note): void;
  /** Returns this row's note while the note is waiting to be written or is being written; otherwise `undefined`. */
  pending(id: string): Note | undefined;
  /** Writes all notes. Never rejects: after a failure, it keeps the notes for the next write and sends an event. */
  flush(): Promise<void>;
  /** Writes all notes and stops. */
  close(): Promise<void>;
}

/** The options of `writeBehind`. */
export interface WriteBehindOptions<Note> {
  /** Writes the notes, in one statement. */
  readonly write: (notes: ReadonlyMap<string, Note>) => Promise<void>;
  /** The message of the event when a write fails. */
  readonly failure: string;
  readonly onEvent: OnEvent;
  /** Seconds between two writes, and so also between two writes of one row. */
  readonly intervalSeconds: number;
}

/** Creates a write-behind. Its timer does not keep the process alive. */
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
    // One statement at a time, because two concurrent statements on the same rows would wait for each other.
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
