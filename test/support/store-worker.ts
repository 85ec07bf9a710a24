// The program of one process that uses a directory in SQLite or MariaDB: it makes many calls at once, or dies in one.
import { randomUUID } from 'node:crypto';
import Database from 'libsql';
import mysql from 'mysql2/promise';
import { migrate } from '../../src/stores/migrate.js';
import { mysqlDirectory } from '../../src/stores/mysql/mysql-directory.js';
import type { MysqlConnection, MysqlPool, MysqlStatement } from '../../src/stores/mysql/pool-shapes.js';
import type { SqliteDatabase } from '../../src/stores/sqlite/database-shapes.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { refusal } from './people.js';

/** Where the tables are. */
export type StorePlace =
  | { readonly path: string }
  | { readonly port: number; readonly host: string; readonly user: string; readonly database: string };

/** The names of tasks. */
type TaskName = 'migrate' | 'provision' | 'pair' | 'disable' | 'endLogin' | 'link' | 'renew' | 'note' | 'change';

/** What the process is to do. */
export interface WorkerTask {
  readonly place: StorePlace;
  /** Which process of several this is. */
  readonly process: number;
  readonly count: number;
  readonly userId?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly task: TaskName;
  /** Die before this statement of those that write or commit, counted from 1. */
  readonly dieAt?: number | undefined;
}

const task = JSON.parse(process.env['LATCHKEY_WORKER'] ?? '{}') as WorkerTask;
const { count } = task;
const keeping = { role: 'admin', groups: ['operators'] };

type Outcome = string | undefined;

const tasks: Readonly<Record<Exclude<TaskName, 'migrate'>, (directory: Directory) => Promise<readonly Outcome[]>>> = {
  /** Provisions one new subject; the outcomes. */
  provision: async (directory) =>
    many(async () => (await directory.provision({ subject: 'ada', groups: ['staff'] }, 'active')).outcome),
  /** Pairs devices up to a limit of five; what was refused. */
  pair: async (directory) => {
    const about = { userId: task.userId ?? '', name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    const dates = { createdAt: new Date(0), expiresAt: new Date(1000) };
    return many(() => refusal(directory.createDevice({ id: randomUUID(), ...about, ...dates }, 5)));
  },
  /** Disables administrators, each by one call; what was refused. */
  disable: async (directory) =>
    many((index) =>
      refusal(directory.updateUser(`user-${task.process * count + index}`, { disabled: true }, { keeping })),
    ),
  /** Ends logins of one user; what was refused. */
  endLogin: async (directory) =>
    many((index) => refusal(directory.endLogin(task.userId ?? '', `login-${task.process}-${index}`, 1000))),
  /** Links one user, each call to another row; the rows that the answers have. */
  link: async (directory) =>
    many(async (index) => {
      const link = await directory.linkHostUser?.(task.userId ?? '', `row-${task.process}-${index}`);
      return `${link?.changed} ${link?.user.hostUserId}`;
    }),
  /** Renews one device; the instants that the answers have. */
  renew: async (directory) =>
    many(async (index) => {
      const at = new Date(1000 * (task.process * count + index));
      return String((await directory.renewDevice(task.deviceId ?? '', 1, at, at))?.renewedAt?.getTime());
    }),
  /** Adds rows to the journal; their numbers. */
  note: async (directory) => many(async () => String((await directory.journal?.note(['a']))?.seq)),
  /** Changes a user once. */
  change: async (directory) => {
    const actor = { subject: 'root' };
    return [await refusal(directory.updateUser('ada', { addRoles: ['editor'] }, { actor }))];
  },
};

function many(call: (index: number) => Promise<Outcome>): Promise<readonly Outcome[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

let steps = 0;

/** Ends this process as a crash does, if this is the statement to die at. */
function step(statement: string): void {
  if (/^\s*(?:SELECT|PRAGMA|BEGIN|SET|START)/.test(statement)) return;
  steps += 1;
  if (steps === task.dieAt) process.kill(process.pid, 'SIGKILL');
}

function database(): SqliteDatabase | MysqlPool {
  const { place } = task;
  if ('path' in place) return mortalFile(new Database(place.path));
  return mortalPool(mysql.createPool({ ...place, connectionLimit: 10 }));
}

function mortalFile(file: Database.Database): SqliteDatabase {
  return {
    exec(text) {
      step(text);
      return file.exec(text);
    },
    prepare(text) {
      const statement = file.prepare(text);
      return {
        all: (...params) => statement.all(...params),
        run(...params) {
          step(text);
          return statement.run(...params);
        },
      };
    },
  };
}

function mortalPool(pool: mysql.Pool): MysqlPool {
  const before =
    (send: (statement: MysqlStatement) => Promise<readonly [unknown, ...unknown[]]>) =>
    (statement: MysqlStatement): Promise<readonly [unknown, ...unknown[]]> => {
      step(statement.sql);
      return send(statement);
    };
  const mortal: MysqlPool & { execute(): void } = {
    execute() {},
    async getConnection() {
      const connection: MysqlConnection & mysql.PoolConnection = await pool.getConnection();
      return {
        connection: connection.connection,
        execute: before((statement) => connection.execute(statement)),
        query: before((statement) => connection.query(statement)),
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
  };
  return mortal;
}

function directoryOf(opened: SqliteDatabase | MysqlPool): Directory {
  return 'prepare' in opened ? sqliteDirectory(opened) : mysqlDirectory(opened);
}

async function outcomesOf(name: TaskName): Promise<readonly Outcome[]> {
  // Migrating has the names of what it applied.
  return name === 'migrate' ? migrate(database()) : tasks[name](directoryOf(database()));
}

process.stdout.write(JSON.stringify(await outcomesOf(task.task)));
process.exit(0);
