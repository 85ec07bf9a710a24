// A real Postgres server for tests, for whatever needs more than one connection.
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { onceARun } from './once-a-run.js';
import { freePort, type RunningProcess, startProcess, temporaryFolder } from './processes.js';
import { findProgram } from './programs.js';
import { type ServiceUser, serviceUser } from './service-user.js';

const run = promisify(execFile);
const host = '127.0.0.1';

/** A running server; what it holds goes with it. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly process: RunningProcess;
  /** Shuts the server down as its operators do (SIGINT): connections break, nothing is lost. `start` starts it again. */
  shutDown(): Promise<void>;
  start(): Promise<void>;
  /** A pool of its own for the test, on the database `postgres` by default; `stop` ends it. */
  pool(options?: pg.PoolConfig): pg.Pool;
  /** Stops as `pg_ctl restart` does, breaking every connection, and starts again on the same port with what it holds. */
  restart(): Promise<void>;
  /** Server and connections stand still without closing anything (SIGSTOP), and go on (SIGCONT). */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Makes an empty database, and a pool on it. */
  database(options?: pg.PoolConfig): Promise<pg.Pool>;
  stop(): Promise<void>;
}

/** Starts a Postgres server on loopback and waits until it answers. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = await findPrograms();
  const owner = await serviceUser('postgres');
  const folder = await temporaryFolder('postgres');
  const data = join(folder.path, 'data');
  try {
    await chmod(folder.path, 0o755);
    if (owner !== undefined) {
      await chown(folder.path, owner.uid, owner.gid);
    }
    await run('cp', ['-Rp', await template(programs, owner), data], { cwd: folder.path, ...owner });
    return await launch(join(programs, 'postgres'), data, owner, folder.remove);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Data of a server that has never run. To make them takes longer than all else of a start. */
function template(programs: string, owner: ServiceUser | undefined): Promise<string> {
  return onceARun('postgres', async (data) => {
    await mkdir(data, { mode: 0o700 });
    if (owner !== undefined) {
      await chown(data, owner.uid, owner.gid);
    }
    // A locale that does not sort by code points, so that nothing relies on one that does.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'];
    const access = ['--auth=trust', '--username=postgres', '--no-sync', '--wal-segsize=1'];
    await run(join(programs, 'initdb'), ['-D', data, ...access, ...locale, '--no-instructions'], {
      cwd: '/',
      ...owner,
    });
  });
}

async function launch(
  program: string,
  data: string,
  owner: ServiceUser | undefined,
  removeFolder: () => Promise<void>,
): Promise<PostgresServer> {
  const port = await freePort();
  const settings = {
    // No background process writes by itself, so that tests can count transactions.
    autovacuum: 'off',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: '120',
    shared_buffers: '16MB',
    deadlock_timeout: '100ms',
    // With their parameters, for the scan of logs.
    log_statement: 'all',
  };
  const start = (): Promise<RunningProcess> =>
    startProcess({
      program,
      args: [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      folder: data,
      ...owner,
      answers: (pid) => answers(port, pid, data),
    });
  let running = await start();

  /** The server first: what it has not begun yet cannot escape. */
  async function signalAll(name: NodeJS.Signals): Promise<void> {
    running.signal(name);
    const children = await readFile(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8');
    for (const pid of children.split(' ').filter((text) => text !== '')) {
      try {
        process.kill(Number(pid), name);
      } catch (error) {
        // It has ended since the list was read.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  const pools = new Set<pg.Pool>();
  function pool(options: pg.PoolConfig = {}): pg.Pool {
    const made = new pg.Pool({ host, port, user: 'postgres', database: 'postgres', ...options });
    // Tests end connections on purpose; without a listener that would end the process.
    made.on('error', () => {});
    pools.add(made);
    return made;
  }

  let databases = 0;
  const admin = pool({ max: 1 });
  return {
    host,
    port,
    user: 'postgres',
    get process() {
      return running;
    },
    shutDown: () => running.stop('SIGINT'),
    async start() {
      running = await start();
    },
    pool,
    async restart() {
      await running.stop('SIGINT');
      running = await start();
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async database(options = {}) {
      databases += 1;
      const database = `test_${databases}`;
      await admin.query(`CREATE DATABASE ${database}`);
      return pool({ database, ...options });
    },
    async stop() {
      await Promise.all([...pools].map((made) => (made.ended ? undefined : made.end())));
      // Immediate shutdown: there is nothing to keep.
      await running.stop('SIGQUIT');
      await removeFolder();
    },
  };
}

/** Is it this process that answers there? Another one may have been given the same free port meanwhile. */
async function answers(port: number, pid: number, data: string): Promise<boolean> {
  const [first] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  if (Number(first) !== pid) {
    return false;
  }
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres' });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<{ data_directory: string }>('SHOW data_directory')).rows[0]?.data_directory === data;
  } finally {
    await client.end();
  }
}

/** Debian and Red Hat keep the server's programs out of PATH. */
async function findPrograms(): Promise<string> {
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const folders = versions.map((version) => `/usr/lib/postgresql/${version}/bin`);
  return dirname(await findProgram('initdb', { before: folders }));
}
