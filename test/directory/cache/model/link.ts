// The link of one process to the database: delayed, cut, silent, or losing answers.
import { LatchkeyError } from '../../../../src/vocabulary/errors.js';
import type { Host, Simulation } from './simulation.js';
import type { Call } from './truth.js';

/** One statement or transaction. */
export interface Statement<Result> {
  readonly verb: string;
  /** What the database does, atomically. */
  readonly run: () => Result;
  /** What the process does with the answer before it counts. */
  readonly answer?: (result: Result) => Result;
  /** What the process makes the database do next, unless the process was killed. */
  readonly after?: () => void;
}

/** What happens to a statement. */
export interface Fate {
  /** Milliseconds until the database carries it out, and from then until the answer arrives. */
  readonly request: number;
  readonly answer: number;
  /** `lost`: it is carried out, but the process receives an error. */
  readonly outcome: 'answered' | 'refused' | 'lost';
}

/**
 * The state of the link. `silent` delays statements until the state changes. `deaf` loses the answers. `late` reports a
 * failure to the process, but carries the statement out seconds later.
 */
export type LinkState = 'up' | 'cut' | 'silent' | 'deaf' | 'late';

/** The link as the process uses it. */
export interface Link {
  ask<Result>(statement: Statement<Result>): Promise<Result>;
  /** The change that the process is making. */
  call(): Call | undefined;
}

/** The link with its controls for faults. */
export interface LinkControl extends Link {
  readonly state: LinkState;
  /** When the latest answered read of the journal was carried out; before the first one, when the link was created. */
  readonly lookedAt: number;
  set(state: LinkState): void;
  /** Discards statements that were sent but not carried out yet, as if they were lost with the process. */
  drop(): void;
  /** The statements sent since the last call of `reset`. */
  readonly asked: readonly string[];
  reset(): void;
  /**
   * Holds the next statement with this verb before it is carried out, or its answer. The returned function releases it.
   */
  hold(verb: string, phase: 'request' | 'answer'): () => void;
}

const lateness = 3000;

const looks: ReadonlySet<string> = new Set(['beat', 'join']);

interface Hold {
  readonly verb: string;
  readonly phase: 'request' | 'answer';
  go: (() => void) | undefined;
  open: boolean;
}

/** Creates a link that is up. */
export function link(parts: {
  readonly simulation: Simulation;
  readonly host: Host;
  readonly fate: (verb: string) => Fate;
  readonly call: () => Call | undefined;
}): LinkControl {
  const { simulation, host, fate, call } = parts;
  const holds: Hold[] = [];
  let state: LinkState = 'up';
  let silent: (() => void)[] = [];
  let asked: string[] = [];
  let dropped = false;
  let lookedAt = simulation.now();

  /** Continues immediately, or when the hold on such statements is released. */
  function through(verb: string, phase: 'request' | 'answer', go: () => void): void {
    const held = holds.find(
      (each) => each.verb === verb && each.phase === phase && each.go === undefined && !each.open,
    );
    if (held === undefined) go();
    else held.go = go;
  }

  function carryOut<Result>(
    { verb, run, answer = (result) => result, after }: Statement<Result>,
    { answer: delay, outcome }: Fate,
    settle: { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void },
  ): void {
    const lost = outcome === 'lost' || state === 'deaf';
    let finish: () => void;
    try {
      const result = run();
      if (after !== undefined) simulation.after(1, after, host);
      const at = simulation.now();
      const arrive = (): void => {
        if (looks.has(verb)) lookedAt = Math.max(lookedAt, at);
        settle.resolve(answer(result));
      };
      finish = lost ? () => settle.reject(unavailable()) : arrive;
    } catch (error) {
      finish = () => settle.reject(lost ? unavailable() : error);
    }
    through(verb, 'answer', () => void simulation.after(delay, finish, host));
  }

  return {
    get state() {
      return state;
    },
    get lookedAt() {
      return lookedAt;
    },
    set(next) {
      state = next;
      if (next === 'silent') return;
      const waiting = silent;
      silent = [];
      for (const go of waiting) simulation.after(1, go);
    },
    drop() {
      dropped = true;
    },
    get asked() {
      return asked;
    },
    reset() {
      asked = [];
    },
    call,

    hold(verb, phase) {
      const held: Hold = { verb, phase, go: undefined, open: false };
      holds.push(held);
      return () => {
        held.open = true;
        if (held.go !== undefined) simulation.after(0, held.go);
      };
    },

    ask: (statement) =>
      new Promise((resolve, reject) => {
        const { verb } = statement;
        const plan = fate(verb);
        asked.push(verb);
        const send = (): void => {
          if (dropped) return;
          if (state === 'silent') return void silent.push(send);
          if (state === 'cut' || plan.outcome === 'refused') {
            return void simulation.after(plan.answer, () => reject(unavailable()), host);
          }
          if (state === 'late') {
            simulation.after(plan.answer, () => reject(unavailable()), host);
            // The process has its failure already, so it learns nothing from the answer.
            const lost = { ...plan, outcome: 'lost' } as const;
            simulation.after(lateness, () => carryOut(statement, lost, { resolve, reject }));
            return;
          }
          carryOut(statement, plan, { resolve, reject });
        };
        through(verb, 'request', () => void simulation.after(plan.request, send));
      }),
  };
}

function unavailable(): LatchkeyError {
  return new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
}
