// What was true when: which answers are right, whatever the product believes.
import { journalKeys } from '../../../../src/vocabulary/journal.js';

/** A call to the product that promises something once it returned. */
export interface Call {
  readonly process: string;
  readonly what: string;
  readonly began: number;
  /** When it returned having waited for everybody, whether with a result or with a refusal of the directory's. */
  confirmedAt?: number | undefined;
  /** Whether the directory carried out something for it. */
  executed: boolean;
}

/** Why the content of a key was replaced. By hand: without a word in the journal. */
export type Cause = { readonly by: 'change'; readonly call: Call | undefined } | { readonly by: 'restore' | 'hand' };

/** What a key had for its content from one instant on. */
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

/** When something was asked, and of whom. */
export interface Asking {
  readonly asked: number;
  /** When whoever answers now looked at the journal last. */
  readonly looked: number;
}

/** A record of all changes, which knows nothing of caches. */
export interface Truth<Content> {
  /** The content of this key from now on. */
  replaced(key: string, content: Content, cause: Cause): void;
  /** The database was replaced by a copy, whatever that altered. */
  restored(): void;
  /** A journal row without a change. */
  noted(keys: readonly string[], call: Call | undefined): void;
  /** A call that returned. */
  returned(call: Call): void;
  /** The content of this key now. */
  present(key: string): Content;
  /** The contents of this key with which an answer is right that is given now. */
  allowed(key: string, asking: Asking): readonly Content[];
}

/**
 * @param reliance for how many true milliseconds at most a process answers from memory on its own
 * @param look after how many true milliseconds a process has looked at the journal, unless it cannot reach the database
 * @param absent the content of a key that was never set
 * @param order whether whoever waited for everybody has told them of all that was committed before as well
 * @param covering the keys whose row in the journal has everybody read this key anew
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
  /** Those that altered a content, and all. */
  const restores: number[] = [];
  const copies: number[] = [];

  function reignsOf(key: string): Reign<Content>[] {
    const known = reigns.get(key) ?? [{ content: absent, began: Number.NEGATIVE_INFINITY, cause: { by: 'restore' } }];
    reigns.set(key, known);
    return known;
  }

  /** Whether a call returned before the question that had everybody learn of what was committed at this instant. */
  function confirmed(at: number, call: Call | undefined, { asked, looked }: Asking): boolean {
    const unseen = copies.find((copy) => copy >= looked);
    return calls.some((each) => {
      const { began, confirmedAt = asked } = each;
      if (confirmedAt >= asked || ((began <= at || !order) && each !== call)) return false;
      // Whoever could not reach the database since a restore has not heard of it, and need not have while it relies.
      if (unseen !== undefined && confirmedAt >= unseen + look && asked <= unseen + reliance) return false;
      // A call promises nothing of what a restore undid before it returned.
      const since = each === call ? at : began;
      return !restores.some((restore) => restore >= since && restore <= confirmedAt);
    });
  }

  /** Whether nobody may answer from before this reign any more to whoever asks at that instant. */
  function inForce(key: string, { began, cause }: Reign<Content>, asking: Asking): boolean {
    const { asked } = asking;
    // Whoever asks in the very instant in which it comes true may get either.
    if (cause.by !== 'hand' && began + reliance < asked) return true;
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
      if (cause.by === 'restore' && restores.at(-1) !== now()) restores.push(now());
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
      // What went before the last replacement that is in force is wrong.
      while (first > 0 && !inForce(key, all[first] as Reign<Content>, asking)) first -= 1;
      return all.slice(first).map(({ content }) => content);
    },
  };
}
