// SQLite databases for tests, by libsql: a driver that needs no compiler.
import { join } from 'node:path';
import Database from 'libsql';
import { migrate } from '../../src/stores/migrate.js';
import { type TemporaryFolder, temporaryFolder } from './processes.js';

/** Tables that hold what tests wrote. The journal goes on. */
const emptied = ['users', 'role_keys', 'group_roles', 'devices', 'audit', 'instances'];

/** SQLite files in one folder, with handles on them. */
export interface SqliteFiles {
  readonly folder: string;
  /** The path of a file that is not there yet. */
  path(): string;
  /** Opens a file, as a host does. All handles are closed with the folder. */
  open(path: string): Database.Database;
  /** A new file with the tables. */
  migrated(): Promise<Database.Database>;
  remove(): Promise<void>;
}

/** Makes a folder for SQLite files. */
export async function sqliteFiles(): Promise<SqliteFiles> {
  const folder: TemporaryFolder = await temporaryFolder('sqlite');
  const handles: Database.Database[] = [];
  let files = 0;
  const path = (): string => {
    files += 1;
    return join(folder.path, `${files}.db`);
  };
  const open = (file: string): Database.Database => {
    const handle = new Database(file);
    handles.push(handle);
    return handle;
  };
  return {
    folder: folder.path,
    path,
    open,
    async migrated() {
      const handle = open(path());
      handle.exec('PRAGMA journal_mode = WAL');
      await migrate(handle);
      return handle;
    },
    async remove() {
      for (const handle of handles) if (handle.open) handle.close();
      await folder.remove();
    },
  };
}

/** Removes what tests wrote. */
export function emptySqlite(database: Database.Database): void {
  for (const table of emptied) database.exec(`DELETE FROM latchkey_${table}`);
}

/** The value that a PRAGMA reads. */
export function pragma(database: Database.Database, name: string, column: string = name): unknown {
  const [row] = database.prepare(`PRAGMA ${name}`).all();
  return (row as Readonly<Record<string, unknown>> | undefined)?.[column];
}

/** The path of the file. */
export function fileOf(database: Database.Database): string {
  return String(pragma(database, 'database_list', 'file'));
}
