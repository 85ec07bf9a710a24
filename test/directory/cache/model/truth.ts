// Records what was true at which time, and thus which answers are correct, independently of the product.
import { journalKeys } from '../../../../src/vocabulary/journal.js';

/** A call of the product that makes a guarantee once it has returned. */
export interface Call {
  readonly process: string;
  readonly what: string;
  readonly began: number;
  /** When it returned after waiting for all processes, with a result or with a rejection by the directory. */
  confirmedAt?: number | undefined;
  /** Whether the directory carried out anything for it. */
  executed: boolean;
}

/**
 * Why the content of a key was replaced. `hand`: without a journal row. `edited copy`: by a restore from a copy of the
 * database that contains a change by hand, of which its journal does not tell either.
 */
export type Cause =
  | { readonly by: 'change'; readonly call: Call | undefined }
  | { readonly by: 'restore' | 'hand' | 'edited copy' };

/** The content of a key from one point in time on. */
interface Reign<Content> {
  readonly content: Content;
  readonly began: number;
  readonly cause: Cause;
}

interface Note {
  readonly at: number;
  readonly keys: readonly string[];
  readonly call: Call | undefined;
}

/** When a question was asked, and of which process. */
export interface Asking {
  readonly asked: number;
  /** When the answering process last read the journal. */
  readonly looked: number;
}

/** A record of all changes that knows nothing of caches. */
export interface Truth<Content> {
  /** Sets the content of this key from now on. */
  replaced(key: string, content: Content, cause: Cause): void;
  /** Records that the database was replaced by a copy, whatever that changed. */
  restored(): void;
  /** Records a journal row without a change. */
  noted(keys: readonly string[], call: Call | undefined): void;
  /** Records that a call returned. */
  returned(call: Call): void;
  /** Returns the current content of this key. */
  present(key: string): Content;
  /** Returns the contents of this key with which an answer is correct now. */
  allowed(key: string, asking: Asking): readonly Content[];
}

/**
 * Creates a record.
 *
 * @param reliance for how many true milliseconds at most a process answers from memory by itself
 * @param look after how many true milliseconds a process has read the journal, unless it cannot reach the database
 * @param absent the content of a key that was never set
 * @param order whether a call that waited for all processes also guarantees everything that was committed before it
 * @param covering the keys whose journal row makes all processes reload this key
 */
export function truth<Content>(
  now: () => number,
  reliance: number,
  look: number,
  absent: Content,
  order: boolean,
  covering: (key: string) => readonly string[],
): Truth<Content> {
  const reigns = new Map<string, Reign<Content>[]>();
  const notes: Note[] = [];
  const calls: Call[] = [];
  /** The restores that changed a content, and all restores. */
  const restores: number[] = [];
  const copies: number[] = [];
  /** The restores from edited copies. */
  const editedCopies: number[] = [];

  function reignsOf(key: string): Reign<Content>[] {
    const known = reigns.get(key) ?? [{ content: absent, began: Number.NEGATIVE_INFINITY, cause: { by: 'restore' } }];
    reigns.set(key, known);
    return known;
  }

  /** Whether a call that told all processes of a commit at this time returned before the question. */
  function confirmed(at: number, call: Call | undefined, { asked, looked }: Asking): boolean {
    const unseen = copies.find((copy) => copy >= looked);
    return calls.some((each) => {
      const { began, confirmedAt = asked } = each;
      if (confirmedAt >= asked || ((began <= at || !order) && each !== call)) return false;
      // A process that could not reach the database since a restore has not learned of it, and need not while it
      // relies.
      if (unseen !== undefined && confirmedAt >= unseen + look && asked <= unseen + reliance) return false;
      // A call guarantees nothing about what a restore undid before the call returned.
      const since = each === call ? at : began;
      if (restores.some((restore) => restore >= since && restore <= confirmedAt)) return false;
      return !editedCopies.some((copy) => copy >= at && copy <= confirmedAt);
    });
  }

  /** Whether no answer to this question may be older than this content. */
  function inForce(key: string, { began, cause }: Reign<Content>, asking: Asking): boolean {
    const { asked } = asking;
    // A question at exactly this time may get either content.
    // A restore from an edited copy can undo a change and its journal row before a process has read the row.
    const undone = editedCopies.some((copy) => copy >= began && copy <= began + reliance);
    const passed = (cause.by === 'change' || cause.by === 'restore') && began + reliance < asked;
    if (passed && !undone) return true;
    if (cause.by === 'change') return confirmed(began, cause.call, asking);
    if (cause.by === 'restore') return confirmed(began, undefined, asking);
    const words = [...covering(key), journalKeys.everything];
    return notes.some(
      ({ at, keys, call }) =>
        at >= began &&
        words.some((word) => keys.includes(word)) &&
        (at + reliance < asked || confirmed(at, call, asking)),
    );
  }

  return {
    replaced(key, content, cause) {
      const copied = cause.by === 'restore' || cause.by === 'edited copy';
      if (copied && restores.at(-1) !== now()) restores.push(now());
      if (cause.by === 'edited copy') editedCopies.push(now());
      reignsOf(key).push({ content, began: now(), cause });
    },
    restored: () => void copies.push(now()),
    noted(keys, call) {
      notes.push({ at: now(), keys, call });
    },
    returned(call) {
      call.confirmedAt = now();
      calls.push(call);
    },

    present: (key) => reignsOf(key).at(-1)?.content ?? absent,

    allowed(key, asking) {
      const all = reignsOf(key);
      let first = all.length - 1;
      // Contents before the latest one that is in effect everywhere are wrong.
      while (first > 0 && !inForce(key, all[first] as Reign<Content>, asking)) first -= 1;
      return all.slice(first).map(({ content }) => content);
    },
  };
}
