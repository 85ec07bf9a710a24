// What a verb is made of: statements that it yields, and rows that it receives.

/** A value for a placeholder. Drivers of SQLite take neither booleans nor dates. */
export type SqlValue = string | number | null;

/** One row, before its conversion to a type of Latchkey. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** One statement with its parameters. A single parameter is never null: libsql would take it for an object of names. */
export interface Statement {
  readonly text: string;
  readonly params: readonly SqlValue[];
  /** Whether it returns rows. Otherwise the verb receives one row, with the number of rows `affected`. */
  readonly reads: boolean;
}

/** The steps of a verb. It does nothing else than yield statements, so it can be run again from the beginning. */
export type Work<Result> = Generator<Statement, Result, readonly SqlRow[]>;

/** Runs the steps of verbs in one database. Failures reject with a `LatchkeyError`. */
export interface SqlSession {
  /** Runs work that only reads. A later statement sees everything that an earlier one has seen. */
  read<Result>(work: () => Work<Result>): Promise<Result>;
  /**
   * Runs work in one transaction, and again if it conflicted with another one. A statement sees everything that was
   * committed before it began, or, if it waited for a lock, before it got the lock.
   */
  change<Result>(work: () => Work<Result>): Promise<Result>;
}

/** Asks for rows. */
export function* rows(text: string, params: readonly SqlValue[] = []): Work<readonly SqlRow[]> {
  return yield { text, params, reads: true };
}

/** Asks for the first row. */
export function* firstRow(text: string, params: readonly SqlValue[] = []): Work<SqlRow | undefined> {
  const [row] = yield* rows(text, params);
  return row;
}

/** Writes, and returns the number of affected rows. For an UPDATE, MySQL may count rows that it left as they were. */
export function* write(text: string, params: readonly SqlValue[] = []): Work<number> {
  const [done] = yield { text, params, reads: false };
  return Number(done?.['affected']);
}

/** Runs the steps, with each statement at once. An error of a statement is thrown where the step yielded it. */
export function runAtOnce<Result>(steps: Work<Result>, ask: (statement: Statement) => readonly SqlRow[]): Result {
  let step = steps.next();
  while (step.done !== true) {
    let answer: readonly SqlRow[];
    try {
      answer = ask(step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
  return step.value;
}

/** As `runAtOnce`, for a driver that answers later. */
export async function runInTurn<Result>(
  steps: Work<Result>,
  ask: (statement: Statement) => Promise<readonly SqlRow[]>,
): Promise<Result> {
  let step = steps.next();
  while (step.done !== true) {
    let answer: readonly SqlRow[];
    try {
      answer = await ask(step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
  return step.value;
}
