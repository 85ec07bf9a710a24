// Records the answers that users got, and evaluates a fault by them.

/** The kinds of requests. docs/reliability.md describes each kind. */
export const questions = ['header', 'session', 'token', 'pairing', 'change'] as const;

/** A member of `questions`. */
export type Question = (typeof questions)[number];

/**
 * The verdict on an answer.
 * - `right`: the answer equals the expected data.
 * - `refused`: 503 with a code and `Retry-After`.
 * - `signed-out`: a session or a pairing that only Redis had is gone, and the fault took it from Redis.
 * - `unanswered`: no answer, because the process was killed.
 * - `wrong`: everything else.
 */
export type Verdict = 'right' | 'refused' | 'signed-out' | 'unanswered' | 'wrong';

/** One answer. Times are milliseconds of `performance.now()`. */
export interface Observation {
  readonly question: Question;
  readonly server: string;
  readonly began: number;
  readonly ended: number;
  readonly verdict: Verdict;
  /** Descriptions of the request and of the answer, for messages. */
  readonly what: string;
  readonly said: string;
}

/** The times at which a fault began and ended. */
export interface Period {
  readonly began: number;
  readonly ended: number;
}

/** The answers to one question during a fault and after it. */
export interface Outcome {
  /** The number of answers to requests during the fault, by verdict. `signed-out` also counts later answers. */
  readonly during: Readonly<Record<Verdict, number>>;
  /** The longest time that one of these answers took, in milliseconds. */
  readonly longest: number;
  /** Milliseconds from the fault's beginning to the first refusal, or `undefined` if there was none. */
  readonly refusedAfter: number | undefined;
  /**
   * Every server answered normally all requests that began this many milliseconds after the end of the fault, or
   * later. `undefined`: this did not happen.
   */
  readonly normalAfter: number | undefined;
}

/** The outcome of a question. */
export function outcomeOf(
  question: Question,
  servers: readonly string[],
  all: readonly Observation[],
  { began, ended }: Period,
): Outcome {
  const asked = all.filter((each) => each.question === question && each.ended >= began);
  const during = asked.filter((each) => each.began <= ended);
  const counts: Record<Verdict, number> = { right: 0, refused: 0, 'signed-out': 0, unanswered: 0, wrong: 0 };
  for (const { verdict } of during) counts[verdict] += 1;
  // Users notice a lost session at their next request, which may be after the end of the fault.
  counts['signed-out'] = asked.filter(({ verdict }) => verdict === 'signed-out').length;
  const refusals = during.filter(({ verdict }) => verdict === 'refused').map((each) => each.ended);
  const normals = servers.map((server) =>
    normalSince(
      asked.filter((each) => each.server === server),
      ended,
    ),
  );
  return {
    during: counts,
    longest: Math.max(0, ...during.map((each) => each.ended - each.began)),
    refusedAfter: refusals.length === 0 ? undefined : Math.min(...refusals) - began,
    normalAfter: normals.includes(undefined) ? undefined : Math.max(...normals.map((at) => (at ?? 0) - ended)),
  };
}

/** An answer that takes longer is not normal, even if it is right. */
const slowMilliseconds = 3000;

function isNormalAnswer({ verdict, began, ended }: Observation): boolean {
  return verdict === 'right' && ended - began <= slowMilliseconds;
}

/**
 * The time from which on this server answered every request normally, or `undefined` if there is no such time yet:
 * the time at which the last request without a normal answer began.
 */
export function normalSince(asked: readonly Observation[], ended: number): number | undefined {
  const failed = asked.filter((each) => each.ended > ended && !isNormalAnswer(each));
  const since = Math.max(ended, ...failed.map((each) => each.began));
  return asked.some((each) => each.began > since && isNormalAnswer(each)) ? since : undefined;
}

/** Whether every server has answered every question normally for this many milliseconds. */
export function isNormal(
  servers: readonly string[],
  all: readonly Observation[],
  { ended, now, quiet }: { readonly ended: number; readonly now: number; readonly quiet: number },
): boolean {
  const abnormal = all.findLast((each) => !isNormalAnswer(each) && each.ended > ended);
  if (now - Math.max(ended, abnormal?.ended ?? 0) < quiet) return false;
  return questions.every((question) =>
    servers.every((server) => {
      const asked = all.filter((each) => each.question === question && each.server === server);
      return normalSince(asked, ended) !== undefined;
    }),
  );
}
