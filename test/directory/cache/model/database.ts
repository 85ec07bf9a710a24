// The simulated database: one primary that can be restored, and which processes reach over their own links.
import { type Journal, type JournalRow, journalKeys, type Position } from '../../../../src/vocabulary/journal.js';
import type { Directory } from '../../../../src/vocabulary/ports.js';
import { differences } from './contents.js';
import { type Data, emptyData, headOf, unique, type Written } from './data.js';
import { directoryVerbs } from './directory.js';
import type { Link, Statement } from './link.js';
import type { Call } from './truth.js';

/** The rules of the journal that the database can be made to break. */
export type StoreRule =
  | 'same-transaction'
  | 'commit-order'
  | 'exact-position'
  | 'poll-nonce'
  | 'row-required'
  | 'apply-before-ack'
  | 'register-first'
  | 'expel-compares';

/** Receives all changes of the database. */
export interface DatabaseListener {
  committed(before: Data, after: Data, call: Call | undefined): void;
  noted(keys: readonly string[], call: Call | undefined): void;
  restored(before: Data, after: Data, by: 'restore' | 'hand'): void;
}

/** The database, with the operations of its operator. */
export interface Database {
  data(): Data;
  /** Replaces all data with another copy. */
  restore(backup: Data): void;
  /** Replaces the tables of users, devices and mappings with those of another copy. The journal continues. */
  restoreTables(backup: Data): void;
  /** Changes tables without a journal row, as a manual edit does. */
  edit(change: (data: Data) => Data): void;
  /** The port that a process has at the end of this link. */
  directory(link: Link): Directory & { readonly journal: Journal };
}

/** Creates a database that breaks these rules and no others. */
export function database(listener: DatabaseListener, broken: ReadonlySet<StoreRule>): Database {
  let data = emptyData();
  const keeps = (rule: StoreRule): boolean => !broken.has(rule);

  function replace(next: Partial<Data>, call: Call | undefined): void {
    const before = data;
    data = { ...data, ...next };
    listener.committed(before, data, call);
  }

  function append(keys: readonly string[], reserved?: Position): Position {
    const row: JournalRow = { ...(reserved ?? { seq: headOf(data).seq + 1, nonce: unique('nonce') }), keys };
    const rows = [...data.rows, row].sort((one, other) => one.seq - other.seq);
    const told = new Set(keys.includes(journalKeys.everything) ? data.handEdited : keys);
    data = { ...data, rows, handEdited: new Set([...data.handEdited].filter((key) => !told.has(key))) };
    return { seq: row.seq, nonce: row.nonce };
  }

  /** One transaction. Its journal row is its last statement. */
  function commit<Result>(written: Written<Result>, call: Call | undefined, reserved?: Position): Position {
    if (written.keys.length === 0 && Object.keys(written.tables).length === 0) return headOf(data);
    const position =
      keeps('same-transaction') && written.keys.length > 0 ? append(written.keys, reserved) : headOf(data);
    replace(written.tables, call);
    return position;
  }

  let reservations = 0;

  function write<Result>(
    link: Link,
    verb: string,
    transaction: (data: Data) => Written<Result>,
  ): Promise<{ readonly result: Result; readonly position: Position }> {
    // A login at this time is not part of the change, and no process waits for it to take effect.
    const call = verb === 'provision' ? undefined : link.call();
    if (call !== undefined && !keeps('commit-order')) return inTwoSteps(link, verb, transaction, call);
    let keys: readonly string[] = [];
    const run = (): { result: Result; position: Position } => {
      if (call !== undefined) call.executed = true;
      const written = transaction(data);
      keys = written.keys;
      return { result: written.result, position: commit(written, call) };
    };
    const after = (): void => {
      if (!keeps('same-transaction') && keys.length > 0) append(keys);
    };
    return link.ask({ verb, run, after });
  }

  /** The number of the row is assigned at the write, and visible only once the transaction commits. */
  async function inTwoSteps<Result>(
    link: Link,
    verb: string,
    transaction: (data: Data) => Written<Result>,
    call: Call,
  ) {
    const reserved = await link.ask({
      verb,
      run: () => {
        reservations += 1;
        return { seq: headOf(data).seq + reservations, nonce: unique('nonce') };
      },
    });
    return link.ask({
      verb: 'commit',
      run: () => {
        call.executed = true;
        reservations -= 1;
        const written = transaction(data);
        return { result: written.result, position: commit(written, call, reserved) };
      },
    });
  }

  function read<Value extends object>(link: Link, verb: string, select: (data: Data) => Value | undefined) {
    const statement: Statement<(Value & { readonly position: Position }) | undefined> = {
      verb,
      run: () => {
        const value = select(data);
        return value && { ...value, position: headOf(data) };
      },
    };
    if (keeps('exact-position')) return link.ask(statement);
    return link.ask({ ...statement, answer: (value) => value && { ...value, position: headOf(data) } });
  }

  function edit(change: (data: Data) => Data): void {
    const before = data;
    const after = change(data);
    const edited = differences(before, after).map(({ key }) => key);
    data = { ...after, handEdited: new Set([...before.handEdited, ...edited]) };
    listener.restored(before, data, 'hand');
  }

  function since(seq: number): readonly JournalRow[] {
    return data.rows.filter((row) => row.seq >= seq);
  }

  function register(id: string, waitMilliseconds: number): number {
    const { seq: acknowledged } = append([journalKeys.joined]);
    const instances = new Map(data.instances).set(id, { id, beat: 0, acknowledged, waitMilliseconds });
    data = { ...data, instances };
    return acknowledged;
  }

  function journal(link: Link): Journal {
    return {
      async join(id, waitMilliseconds, latest) {
        if (!keeps('register-first')) {
          const { database, rows } = await link.ask({ verb: 'join', run: () => data });
          await link.ask({ verb: 'register', run: () => register(id, waitMilliseconds) });
          return { database, rows };
        }
        return link.ask({
          verb: 'join',
          run: () => {
            const acknowledged = register(id, waitMilliseconds);
            return { database: data.database, rows: since(acknowledged - latest + 1) };
          },
        });
      },

      beat: (id, after) =>
        link.ask({
          verb: 'beat',
          run: () => {
            const instance = data.instances.get(id);
            if (instance === undefined && keeps('row-required')) return undefined;
            const place = data.rows.find(({ seq }) => seq === after.seq);
            if (keeps('poll-nonce') && place?.nonce !== after.nonce) return undefined;
            const acknowledged = keeps('apply-before-ack') ? after.seq : headOf(data).seq;
            if (instance !== undefined) {
              const next = { ...instance, beat: instance.beat + 1, acknowledged };
              data = { ...data, instances: new Map(data.instances).set(id, next) };
            }
            return since(after.seq + 1);
          },
        }),

      instances: () => link.ask({ verb: 'instances', run: () => [...data.instances.values()] }),

      leave: (id, beat) =>
        link.ask({
          verb: 'leave',
          run: () => {
            const moved = beat !== undefined && data.instances.get(id)?.beat !== beat && keeps('expel-compares');
            if (moved) return;
            const instances = new Map(data.instances);
            instances.delete(id);
            data = { ...data, instances };
          },
        }),

      note(keys) {
        const call = link.call();
        return link.ask({
          verb: 'note',
          run: () => {
            if (call !== undefined) call.executed = true;
            listener.noted(keys, call);
            return append(keys);
          },
        });
      },

      prune: () => link.ask({ verb: 'prune', run: () => undefined }),
    };
  }

  return {
    data: () => data,
    restore(backup) {
      const before = data;
      data = backup;
      listener.restored(before, data, 'restore');
    },
    restoreTables: ({ users, devices, mappings }) => edit((present) => ({ ...present, users, devices, mappings })),
    edit,
    directory: (link) => ({ ...directoryVerbs(link, { read, write }), journal: journal(link) }),
  };
}
