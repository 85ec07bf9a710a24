// Reports the error texts with which Redis refuses commands, each at most once a minute.
import { messageOf } from '../driver-error.js';

// Temporary errors: the server is starting, or a failover or resharding is in progress.
const passing = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|BUSY|NOSCRIPT) /;

const repeatMilliseconds = 60_000;

/**
 * Returns the text of an error without the command's arguments. Redis adds the arguments if it does not know the
 * command.
 */
export function sentenceOf(error: unknown): string {
  return messageOf(error).replace(/, with args beginning with:.*$/s, '');
}

/** Returns the error text of Redis if the error lasts until an operator acts, and `undefined` otherwise. */
export function refusalOf(error: unknown): string | undefined {
  const sentence = sentenceOf(error);
  return error instanceof Error && error.name === 'ReplyError' && !passing.test(sentence) ? sentence : undefined;
}

/** Records which commands Redis currently refuses. */
export interface Refusals {
  refused(what: string, sentence: string): void;
  granted(what: string): void;
}

/** Reports an error text once until the command works again, and at most once a minute. */
export function refusals(report: (sentence: string) => void): Refusals {
  const current = new Map<string, string>();
  const reportedAt = new Map<string, number>();
  return {
    refused(what, sentence) {
      const known = [...current.values()].includes(sentence);
      current.set(what, sentence);
      const now = performance.now();
      if (known || now - (reportedAt.get(sentence) ?? Number.NEGATIVE_INFINITY) < repeatMilliseconds) return;
      reportedAt.set(sentence, now);
      report(sentence);
    },
    granted(what) {
      current.delete(what);
    },
  };
}
