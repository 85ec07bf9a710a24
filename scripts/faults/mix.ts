// Sends all kinds of requests to all servers during the whole run, and compares each answer with the expected data.
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../demo/visitor.js';
import { askingChanges } from './change-question.js';
import { askingPairings } from './pairing-question.js';
import { byHeader, byToken, isRefusal, type Person, viewIn } from './people.js';
import type { Observation, Question, Verdict } from './record.js';
import { askingSessions } from './session-question.js';
import type { Server, Site } from './site.js';
import type { Truth } from './truth.js';

/** Which answers count as right during the current fault. Times are milliseconds of `performance.now()`. */
export interface Conditions {
  /** Redis may have lost the sessions and pairings that were made before this time. */
  lostBefore: number;
  /** In this period, the database is replaced by an older copy, so answers from before and after are right. */
  rewind: { from: number; until: number };
  /** The questions that no server may refuse. */
  keeps: ReadonlySet<Question>;
  /** Until then, no server may refuse header or token requests of the users that it has in memory. */
  remembersUntil: number;
  /** Until then, no changes are made, so that every server loads all users into its memory and keeps them there. */
  calmUntil: number;
}

/** What the loops of requests share. */
export interface Asking {
  readonly site: Site;
  readonly truth: Truth;
  readonly conditions: Conditions;
  /** Returns `false` when the run ends. */
  readonly goesOn: () => boolean;
  /** Sends a request and records the answer. Resolves with the answer if it is right. */
  observe(asked: Asked): Promise<Answer | undefined>;
  /** Requests a person's roles from a server, and compares them with the expected data. */
  ask(question: 'header' | 'token', server: Server, who: Person): Promise<Answer | undefined>;
}

/** One request. */
export interface Asked {
  readonly question: Question;
  readonly server: Server;
  /** A description of the request, for messages. */
  readonly what: string;
  readonly send: () => Promise<Answer>;
  /** `true` if the server has the answer in memory while no changes are made. */
  readonly inMemory?: true;
  /** Judges an answer that is not a refusal. */
  readonly judge: (answer: Answer) => Verdict;
}

/** The running loops of requests. */
export interface Mix {
  /** All answers since the last `clear`. */
  readonly observations: readonly Observation[];
  readonly conditions: Conditions;
  /** For faults that send additional requests. */
  readonly asking: Asking;
  clear(): void;
  /** Ends the loops, and waits for the answers that have not arrived yet. */
  stop(): Promise<void>;
}

/** No answer may take longer than this, during any fault. */
const longestAnswerMilliseconds = 30_000;

/** The time between two requests of a loop, so that the requests do not overload the servers. */
const paceMilliseconds = 40;

const tokens = /eyJ[\w.-]+/g;

/** Starts the loops of requests. */
export function startMix(site: Site, truth: Truth): Mix {
  const observations: Observation[] = [];
  const conditions: Conditions = {
    lostBefore: 0,
    rewind: { from: 0, until: 0 },
    keeps: new Set(),
    remembersUntil: 0,
    calmUntil: 0,
  };
  let goesOn = true;

  function verdictOf({ question, server, inMemory, judge }: Asked, answer: Answer | undefined, began: number): Verdict {
    if (answer === undefined) {
      const { from, until } = server.absent;
      return performance.now() >= from && began <= until ? 'unanswered' : 'wrong';
    }
    if (isRefusal(answer)) {
      const remembered = inMemory === true && performance.now() < conditions.remembersUntil;
      return conditions.keeps.has(question) || remembered ? 'wrong' : 'refused';
    }
    const verdict = judge(answer);
    const { from, until } = conditions.rewind;
    const excused = answer.status < 500 && began <= until && performance.now() >= from;
    return verdict === 'wrong' && excused ? 'right' : verdict;
  }

  const asking: Asking = {
    site,
    truth,
    conditions,
    goesOn: () => goesOn,

    async observe(asked) {
      const { question, server, what, send } = asked;
      const began = performance.now();
      let failure = '';
      const answer = await inTime(send()).catch((error: unknown) => {
        failure = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
        return undefined;
      });
      const verdict = verdictOf(asked, answer, began);
      const said =
        answer === undefined ? failure : `${answer.status} ${answer.text.slice(0, 300).replaceAll(tokens, '(token)')}`;
      const ended = performance.now();
      observations.push({ question, server: server.name, began, ended, verdict, what, said });
      return verdict === 'right' ? answer : undefined;
    },

    ask(question, server, who) {
      const { since } = who;
      return asking.observe({
        question,
        server,
        what: who.subject,
        inMemory: true,
        send: () => (question === 'header' ? byHeader(server, who).get('/auth/me') : byToken(server, who.token)),
        judge: (answer) => (who.views.slice(since).includes(viewIn(answer)) ? 'right' : 'wrong'),
      });
    },
  };

  async function askAboutPeople(question: 'header' | 'token', server: Server): Promise<void> {
    while (goesOn) {
      for (const who of truth.people) {
        await asking.ask(question, server, who);
        await pause(paceMilliseconds);
      }
    }
  }

  const loops = site.servers.flatMap((server, index) => [
    askAboutPeople('header', server),
    askAboutPeople('token', server),
    askingSessions(asking, server),
    askingPairings(asking, server),
    askingChanges(asking, server, truth.changed[index]),
  ]);
  return {
    observations,
    conditions,
    asking,
    clear() {
      observations.length = 0;
    },
    async stop() {
      goesOn = false;
      await Promise.all(loops);
    },
  };
}

async function inTime(answer: Promise<Answer>): Promise<Answer> {
  const ended = new AbortController();
  const late = pause(longestAnswerMilliseconds, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`No answer in ${longestAnswerMilliseconds} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([answer, late]);
  } finally {
    ended.abort();
  }
}
