// The generators that implement the directory's methods in SQLite and MySQL. A generator yields statements and receives
// rows.

/** A value for a placeholder. SQLite drivers accept neither booleans nor dates. */
export type SqlValue = string | number | null;

/** One row, before its conversion to a type of Latchkey. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * One statement with its parameters. If there is only one parameter, it must not be null, because libsql would treat a
 * single null as an object of named parameters.
 */
export interface Statement {
  readonly text: string;
  readonly params: readonly SqlValue[];
  /**
   * `true` if the statement returns rows. Otherwise the generator receives one row, whose member `affected` is the
   * number of affected rows.
   */
  readonly reads: boolean;
}

/**
 * The generator of a directory method. The generator only yields statements, so a transaction can be repeated with a
 * new generator.
 */
export type Work<Result> = Generator<Statement, Result, readonly SqlRow[]>;

/** Runs the statements that a generator yields, in one database. Rejects with a `LatchkeyError` on failure. */
export interface SqlSession {
  /** Runs work that only reads. A later statement sees everything that an earlier statement has seen. */
  read<Result>(work: () => Work<Result>): Promise<Result>;
  /**
   * Runs work in one transaction, and runs it again if the transaction conflicted with another transaction. A statement
   * sees everything that was committed before the statement began. If a statement waits for a lock, it sees everything
   * that was committed before it got the lock.
   */
  change<Result>(work: () => Work<Result>): Promise<Result>;
}

/** Yields a query, and returns its rows. */
export function* rows(text: string, params: readonly SqlValue[] = []): Work<readonly SqlRow[]> {
  return yield { text, params, reads: true };
}

/** Yields a query, and returns the first row. */
export function* firstRow(text: string, params: readonly SqlValue[] = []): Work<SqlRow | undefined> {
  const [row] = yield* rows(text, params);
  return row;
}

/**
 * Yields a statement that writes, and returns the number of affected rows. For an UPDATE, MySQL may also count rows
 * that it left unchanged.
 */
export function* write(text: string, params: readonly SqlValue[] = []): Work<number> {
  const [done] = yield { text, params, reads: false };
  return Number(done?.['affected']);
}

/** Runs the generator synchronously. If a statement fails, the error is thrown at the `yield` of this statement. */
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

/** Does the same as `runAtOnce`, for an asynchronous driver. */
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
