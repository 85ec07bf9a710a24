// The program of one server process. Tests call it over loopback, and choose the step at which it kills itself.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { deviceRenewal } from '../../src/directory/resolution/device-renewal.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { instance } from '../support/instances.js';
import { look, type Person, textOf } from './look.js';
import { type PostgresPlace, type RedisPlace, redisClient } from './places.js';

/** The settings of the program. */
export interface InstanceSettings {
  readonly name: string;
  readonly port: number;
  readonly postgres: PostgresPlace;
  readonly redis: RedisPlace;
  readonly outageToleranceSeconds: number;
  readonly groupRoles: Readonly<Record<string, readonly string[]>>;
  /** How long the database may take for a statement. */
  readonly queryTimeoutMilliseconds: number;
}

/**
 * Where a process kills itself. `saved`: after COMMIT, before any process knows of the change. `confirming`: while it
 * waits for the other processes.
 */
export type Step = 'saved' | 'confirming';

const settings = JSON.parse(process.env['LATCHKEY_FAULTS'] ?? '{}') as InstanceSettings;
const host = '127.0.0.1';

const pool = new pg.Pool({
  host,
  ...settings.postgres,
  user: 'postgres',
  max: 30,
  connectionTimeoutMillis: settings.queryTimeoutMilliseconds,
  query_timeout: settings.queryTimeoutMilliseconds,
  application_name: settings.name,
});
pool.on('error', () => {});

const state = redisState(redisClient(settings.redis));
let death: { readonly step: Step; count: number } | undefined;
const directory = mortal(sqlDirectory(pool));
const { resolver, administration, cache } = instance({
  directory,
  state,
  groupRoles: settings.groupRoles,
  outageToleranceSeconds: settings.outageToleranceSeconds,
});
let usesCaches = false;
cache.observe({
  changed() {},
  lost() {
    usesCaches = false;
  },
  restored() {
    usesCaches = true;
  },
});
const { users, devices, mappings, invalidate, invalidateAll } = administration;
const renewal = deviceRenewal({ directory, cache, now: Date.now, onEvent: () => {} });

/** Holds each call that reaches the step. When the last one has, kills this process as a crash would. */
async function reach(step: Step): Promise<void> {
  if (death?.step !== step) return;
  death.count -= 1;
  if (death.count === 0) process.kill(process.pid, 'SIGKILL');
  await new Promise<never>(() => {});
}

/** A directory that may kill this process after a write and before the caller learns of it. */
function mortal(real: Directory): Directory {
  const writes = new Set<string | symbol>([
    ...['provision', 'updateUser', 'deleteUser', 'putMapping', 'deleteMapping', 'revokeDevices', 'renameDevice'],
    ...['renewDevice', 'confirmRenewal'],
  ]);
  const journal = real.journal;
  if (journal === undefined) throw new Error('The directory has a journal');
  const own = {
    ...journal,
    async instances() {
      await reach('confirming');
      return journal.instances();
    },
  };
  return new Proxy(real, {
    get(target, verb: keyof Directory) {
      if (verb === 'journal') return own;
      const call = target[verb];
      if (typeof call !== 'function') return call;
      return async (...args: unknown[]) => {
        const result: unknown = await Reflect.apply(call, target, args);
        if (writes.has(verb)) await reach('saved');
        return result;
      };
    },
  });
}

/** What tests can call by name. */
const verbs: Readonly<Record<string, (...args: never[]) => unknown>> = {
  look: (person: Person) => look(resolver, person),
  /** Whether it answers from its caches. Before that, it asks only the directory. */
  usesCaches: () => usesCaches,
  disable: (subject: string) => users.disable(subject),
  enable: (subject: string) => users.enable(subject),
  addRoles: (subject: string, roles: string[]) => users.addRoles(subject, roles),
  removeRoles: (subject: string, roles: string[]) => users.removeRoles(subject, roles),
  versionedGrant: async (subject: string, roles: string[], version: number) =>
    (await users.addRoles(subject, roles, { version })).version,
  remove: (subject: string) => users.delete(subject),
  revoke: (subject: string, id: string) => devices.revoke(subject, id),
  revokeAll: (subject: string) => devices.revokeAll(subject),
  revokeOthers: (subject: string, id: string) => devices.revokeOthers(subject, id),
  rename: (subject: string, id: string, name: string) => devices.rename(subject, id, name),
  setMapping: (group: string, roles: string[]) => mappings.set(group, roles),
  removeMapping: (group: string) => mappings.delete(group),
  renew: async (id: string) => {
    const now = Date.now();
    return (await renewal.renew(id, 1, new Date(now), new Date(now + 86_400_000)))?.serial;
  },
  confirmRenewal: async (id: string) => (await renewal.confirm(id, 2, new Date(Date.now() + 60_000)))?.serial,
  login: async (subject: string, groups: string[]) => {
    const account = await resolver.resolve({ subject, groups });
    return account && textOf(account);
  },
  invalidate: (subject: string) => invalidate(subject),
  invalidateAll: () => invalidateAll(),
  dieAt: (step: Step, count: number) => {
    death = { step, count };
  },
};

createServer(async (request, response) => {
  const [verb = '', ...args] = JSON.parse(await text(request)) as [string, ...never[]];
  try {
    const value = await (verbs[verb] as (...given: never[]) => unknown)(...args);
    response.end(JSON.stringify({ value }));
  } catch (error) {
    response.end(JSON.stringify({ code: (error as { code?: string }).code ?? String(error) }));
  }
}).listen(settings.port, host);
