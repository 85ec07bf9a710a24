// A server under test: one database, and real processes that a test can kill or cut off from it and from Redis.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { PostgresServer } from '../support/postgres.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import type { InstanceSettings, Step } from './instance.js';
import type { Person, View } from './look.js';
import { type RedisPlace, type Wired, wired } from './places.js';

const program = new URL('./instance.js', import.meta.url).pathname;

/** Short, so that tests wait less. */
export const outageToleranceSeconds = 0.5;

/** After this time no process relies on what it read before (`journalTimes`). */
export const relianceMilliseconds: number = 1.3 * outageToleranceSeconds * 1000;

/** The guarantees hold again this long after a restore of the database. */
export const waitMilliseconds: number = relianceMilliseconds / 0.9;

/** One process of the server. */
export interface Child {
  readonly name: string;
  readonly process: RunningProcess;
  /** The proxy between it and the database. */
  readonly postgresWire: TcpProxy;
  /** The proxy between it and a single Redis. */
  readonly redisWire: TcpProxy | undefined;
  /** Rejects with the code of an error, and also if the process dies. */
  call(verb: string, ...args: readonly unknown[]): Promise<unknown>;
  look(person: Person): Promise<{ readonly warm: boolean; readonly view: View }>;
  dieAt(step: Step, count: number): Promise<void>;
  /** Ends the process as a crash would (SIGKILL). */
  kill(): Promise<void>;
}

/** The settings that may differ between processes. */
export interface ChildOptions
  extends Partial<Pick<InstanceSettings, 'groupRoles' | 'queryTimeoutMilliseconds' | 'outageToleranceSeconds'>> {
  readonly redis: RedisPlace;
}

/** One database, and all processes on it. */
export interface World {
  readonly database: pg.Pool;
  /** Direct access to the directory, without a process and its caches. */
  readonly directory: Directory;
  readonly children: readonly Child[];
  start(name: string, options: ChildOptions): Promise<Child>;
  /** Adds a user with devices to the database, and to no cache. */
  add(subject: string, groups: readonly string[], devices?: number): Promise<Person & { readonly userId: string }>;
  /** Ends all processes; the database stays. */
  end(): Promise<void>;
}

/** The roles that groups give by configuration. */
export const configured: InstanceSettings['groupRoles'] = { staff: ['viewer'], admins: ['admin'] };

/** An error that a process answered with. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A world on a new database. */
export async function world(server: PostgresServer): Promise<World> {
  const database = await server.database();
  await migrate(database);
  const directory = sqlDirectory(database);
  const children: Child[] = [];
  const wires: Wired[] = [];

  return {
    database,
    directory,
    children,

    async start(name, options) {
      const port = await freePort();
      const place = { port: server.port, database: database.options.database ?? '' };
      const wire = await wired(place, options.redis);
      wires.push(wire);
      const { postgres, redis, postgresWire, redisWire } = wire;
      const settings: InstanceSettings = {
        name,
        port,
        postgres,
        redis,
        outageToleranceSeconds: options.outageToleranceSeconds ?? outageToleranceSeconds,
        groupRoles: options.groupRoles ?? configured,
        queryTimeoutMilliseconds: options.queryTimeoutMilliseconds ?? 5000,
      };
      const call = async (...said: readonly unknown[]): Promise<unknown> => {
        const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: JSON.stringify(said) });
        const { value, code } = (await answer.json()) as { value?: unknown; code?: string };
        if (code !== undefined) throw new Refused(code);
        return value;
      };
      const running = await startProcess({
        program: process.execPath,
        args: [program],
        environment: { LATCHKEY_FAULTS: JSON.stringify(settings) },
        answers: async () => (await call('usesCaches')) === true,
        timeoutSeconds: 60,
      });
      const child: Child = {
        name,
        process: running,
        postgresWire,
        redisWire,
        call,
        look: (person) => call('look', person) as Promise<{ warm: boolean; view: View }>,
        dieAt: (step, count) => call('dieAt', step, count) as Promise<never>,
        kill: () => running.stop('SIGKILL'),
      };
      children.push(child);
      return child;
    },

    async add(subject, groups, devices = 1) {
      const made = await directory.provision({ subject, groups }, 'active');
      if (made.outcome === 'absent') throw new Error('Every user is created');
      const { user } = made;
      const ids: string[] = [];
      for (let count = 0; count < devices; count += 1) {
        const id = randomUUID();
        const createdAt = new Date('2026-11-01T10:00:00Z');
        const expiresAt = new Date('2099-11-01T10:00:00Z');
        const facts = { name: 'Phone', clientId: 'player', pairedBy: 'code', createdAt, expiresAt } as const;
        await directory.createDevice({ id, userId: user.id, ...facts });
        ids.push(id);
      }
      return { subject, groups, devices: ids, userId: user.id };
    },

    async end() {
      await Promise.all(children.map((child) => child.kill()));
      await Promise.all(wires.map((wire) => wire.stop()));
      children.length = 0;
      wires.length = 0;
    },
  };
}
