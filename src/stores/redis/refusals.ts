// What Redis refuses, in its own words: told once for as long as it goes on.
import { messageOf } from '../driver-error.js';

// These pass by themselves: a server that starts, or a failover or resharding under way.
const passing = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|BUSY|NOSCRIPT) /;

const repeatMilliseconds = 60_000;

/** The text of an error, without the keys and values that Redis repeats where it does not know a command. */
export function sentenceOf(error: unknown): string {
  return messageOf(error).replace(/, with args beginning with:.*$/s, '');
}

/** Redis' own sentence where it answered with an error that lasts until somebody acts. */
export function refusalOf(error: unknown): string | undefined {
  const sentence = sentenceOf(error);
  return error instanceof Error && error.name === 'ReplyError' && !passing.test(sentence) ? sentence : undefined;
}

/** What is refused at present. */
export interface Refusals {
  refused(what: string, sentence: string): void;
  granted(what: string): void;
}

/** Tells each sentence once until what it was said of is granted, and at most once a minute. */
export function refusals(tell: (sentence: string) => void): Refusals {
  const standing = new Map<string, string>();
  const toldAt = new Map<string, number>();
  return {
    refused(what, sentence) {
      const known = [...standing.values()].includes(sentence);
      standing.set(what, sentence);
      const now = performance.now();
      if (known || now - (toldAt.get(sentence) ?? Number.NEGATIVE_INFINITY) < repeatMilliseconds) return;
      toldAt.set(sentence, now);
      tell(sentence);
    },
    granted(what) {
      standing.delete(what);
    },
  };
}
