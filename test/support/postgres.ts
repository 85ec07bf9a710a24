// Starts a real Postgres server, for tests that need more than one connection.
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { oncePerRun } from './once-per-run.js';
import { freePort, type RunningProcess, startProcess, temporaryFolder } from './processes.js';
import { findProgram } from './programs.js';
import { type ServiceUser, serviceUser } from './service-user.js';

const run = promisify(execFile);
const host = '127.0.0.1';

/** A running server. `stop` deletes its data. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly process: RunningProcess;
  /** Shuts the server down as an operator does (SIGINT): connections break, data is kept. `start` starts it again. */
  shutDown(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and its connections as a crash would (SIGKILL). `start` starts it again, with its data. */
  kill(): Promise<void>;
  /** A new pool for the test, by default on the database `postgres`. `stop` ends it. */
  pool(options?: pg.PoolConfig): pg.Pool;
  /** Restarts as `pg_ctl restart` does: every connection breaks, and the port and the data stay the same. */
  restart(): Promise<void>;
  /** Suspends the server and its connections without closing them (SIGSTOP). `thaw` continues them (SIGCONT). */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Creates an empty database and returns a pool on it. */
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

/** The data folder of a server that has never run. Creating it takes longer than the rest of a start. */
function template(programs: string, owner: ServiceUser | undefined): Promise<string> {
  return oncePerRun('postgres', async (data) => {
    await mkdir(data, { mode: 0o700 });
    if (owner !== undefined) {
      await chown(data, owner.uid, owner.gid);
    }
    // A locale that does not sort by code point, so that no code can rely on that order.
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
    // Logs parameters, too, for the scan of logs.
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

  /** Signals the server first, so that it starts no connection that would miss the signal. */
  async function signalAll(name: NodeJS.Signals): Promise<void> {
    running.signal(name);
    await signalChildren(name);
  }

  async function signalChildren(name: NodeJS.Signals): Promise<void> {
    const children = await readFile(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8');
    for (const pid of children.split(' ').filter((text) => text !== '')) {
      try {
        process.kill(Number(pid), name);
      } catch (error) {
        // The process has ended since the list was read.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  const pools = new Set<pg.Pool>();
  function pool(options: pg.PoolConfig = {}): pg.Pool {
    const made = new pg.Pool({ host, port, user: 'postgres', database: 'postgres', ...options });
    // Tests break connections on purpose. Without a listener, that would end this process.
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
    async kill() {
      // Suspended, the server cannot start processes between the two signals.
      running.signal('SIGSTOP');
      await signalChildren('SIGKILL');
      await running.stop('SIGKILL');
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
      // Immediate shutdown: there is no data to keep.
      await running.stop('SIGQUIT');
      await removeFolder();
    },
  };
}

/** Whether this process answers on the port. Another one may have got the same free port in the meantime. */
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

/** The folder of the server's programs. Debian and Red Hat keep them out of PATH. */
async function findPrograms(): Promise<string> {
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const folders = versions.map((version) => `/usr/lib/postgresql/${version}/bin`);
  return dirname(await findProgram('initdb', { before: folders }));
}
