// Starts a real MariaDB server for tests, with the risky defaults that a careless host may have.
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { oncePerRun } from './once-per-run.js';
import { freePort, type RunningProcess, startProcess, temporaryFolder } from './processes.js';
import { findProgram } from './programs.js';
import { type ServiceUser, serviceUser } from './service-user.js';

const run = promisify(execFile);
const host = '127.0.0.1';
const user = 'root';

/** A running server. Its data is deleted when it stops. */
export interface MariadbServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly process: RunningProcess;
  /** Creates an empty database and returns its name. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a MariaDB server on loopback and waits until it answers. */
export async function startMariadb(): Promise<MariadbServer> {
  const [install, program] = await Promise.all([findProgram('mariadb-install-db'), findProgram('mariadbd')]);
  const owner = await serviceUser('mysql');
  const folder = await temporaryFolder('mariadb');
  const data = join(folder.path, 'data');
  try {
    await chmod(folder.path, 0o755);
    if (owner !== undefined) {
      await chown(folder.path, owner.uid, owner.gid);
    }
    const access = ['--auth-root-authentication-method=normal', '--skip-test-db'];
    const template = await oncePerRun('mariadb', async (made) => {
      await ownFolder(made, owner);
      const temporary = `${made}-temporary`;
      await ownFolder(temporary, owner);
      const folders = [`--datadir=${made}`, `--tmpdir=${temporary}`];
      await run(install, ['--no-defaults', ...folders, ...access], { cwd: '/', ...owner });
    });
    await run('cp', ['-Rp', template, data], { cwd: folder.path, ...owner });
    const temporary = join(folder.path, 'temporary');
    await ownFolder(temporary, owner);
    return await launch(program, { data, temporary }, owner, folder.remove);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function ownFolder(path: string, owner: ServiceUser | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (owner !== undefined) {
    await chown(path, owner.uid, owner.gid);
  }
}

/** A server's folders. */
interface Folders {
  readonly data: string;
  /** A server that starts deletes all temporary tables here, also those of another running server: never share it. */
  readonly temporary: string;
}

async function launch(
  program: string,
  { data, temporary }: Folders,
  owner: ServiceUser | undefined,
  removeFolder: () => Promise<void>,
): Promise<MariadbServer> {
  const port = await freePort();
  const settings = {
    'bind-address': host,
    'skip-name-resolve': 'on',
    tmpdir: temporary,
    socket: join(data, 'socket'),
    'pid-file': join(data, 'pid'),
    'max-connections': '200',
    // The data need not survive the process.
    'skip-log-bin': 'on',
    'innodb-flush-log-at-trx-commit': '0',
    'innodb-doublewrite': 'off',
    'innodb-buffer-pool-size': '64M',
    'innodb-log-file-size': '16M',
    // Code must not rely on better defaults than these: truncated text, local time, another charset.
    'sql-mode': '',
    'default-time-zone': '-03:30',
    'character-set-server': 'latin1',
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const running = await startProcess({
    program,
    args: ['--no-defaults', `--datadir=${data}`, `--port=${port}`, ...args],
    folder: data,
    ...owner,
    answers: () => answers(port, data),
  });

  let databases = 0;
  return {
    host,
    port,
    user,
    process: running,
    async database() {
      databases += 1;
      const database = `test_${databases}`;
      await ask(port, `CREATE DATABASE ${database}`);
      return database;
    },
    async stop() {
      // Immediately: there is no data to keep.
      await running.stop('SIGKILL');
      await removeFolder();
    },
  };
}

/** Whether this server answers on the port. Another one may have got the same free port in the meantime. */
async function answers(port: number, data: string): Promise<boolean> {
  const [row] = await ask(port, 'SELECT @@datadir AS folder');
  return row?.['folder'] === `${data}/`;
}

async function ask(port: number, statement: string): Promise<readonly mysql.RowDataPacket[]> {
  const connection = await mysql.createConnection({ host, port, user });
  try {
    const [rows] = await connection.query<mysql.RowDataPacket[]>(statement);
    return rows;
  } finally {
    await connection.end();
  }
}
