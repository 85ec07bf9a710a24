// A world for one scenario: fast links, two users, their devices, and processes that answer from memory.
import { journalTimes } from '../../../../src/directory/cache/journal-times.js';
import type { Device, UserRow } from '../../../../src/vocabulary/types.js';
import { type Data, emptyData, idOf } from './data.js';
import type { StoreRule } from './database.js';
import type { Question } from './judge.js';
import type { Product } from './product.js';
import type { Call } from './truth.js';
import { type Process, type World, world } from './world.js';

export const subjects: readonly string[] = ['alice', 'bob'];
export const devices: readonly { readonly id: string; readonly subject: string }[] = [
  { id: 'phone', subject: 'alice' },
  { id: 'tablet', subject: 'alice' },
];
export const questions: readonly Question[] = [
  ...subjects.map((subject) => ({ subject })),
  ...devices.map(({ id, subject }) => ({ subject, deviceId: id })),
];
export const outageToleranceSeconds = 5;
export const times: ReturnType<typeof journalTimes> = journalTimes(outageToleranceSeconds);

/** How much slower or faster than the true time a clock of the model may run: two clocks differ by a tenth at most. */
export const rates: { readonly slowest: number; readonly fastest: number } = { slowest: 0.955, fastest: 1.05 };

/** True milliseconds after which no process relies any more on a beat that was sent before them. */
export const longestReliance: number = times.reliance / rates.slowest;

/** True milliseconds within which every process that reaches the database has read the journal. */
export const shortestLook: number = times.look / rates.fastest;

/** Like `longestReliance`, for entries whose lifetime depends on time alone. */
export const longestHold: number = 2050 / rates.slowest;

/** A database in which alice has two devices, and both are in the group `staff`. */
export function peopledData(): Data {
  const user = (subject: string): UserRow => ({
    id: idOf(subject),
    subject,
    authMethod: 'proxy',
    groups: ['staff'],
    grantedRoles: [],
    disabled: false,
    pending: false,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
  });
  const device = (id: string, subject: string): Device => ({
    id,
    userId: idOf(subject),
    subject,
    name: id,
    clientId: 'app',
    pairedBy: 'code',
    createdAt: new Date(0),
    expiresAt: new Date(4_000_000_000_000),
    serial: 1,
    version: 1,
  });
  return {
    ...emptyData(),
    users: new Map(subjects.map((subject) => [subject, user(subject)])),
    devices: new Map(devices.map(({ id, subject }) => [id, device(id, subject)])),
  };
}

/** A world, and functions to control it. */
export interface Stage extends World {
  /** Chooses the shared state's answer for a key from all values that were ever stored. Default: none. */
  memory: (name: string, key: string, values: readonly string[]) => string | undefined;
  /** Whether messages arrive. Default: yes. */
  notices: boolean;
  run(milliseconds: number): Promise<void>;
  /** Runs until the promise settles. */
  finish<Value>(promise: Promise<Value>, milliseconds?: number): Promise<Value>;
  /** Starts processes one after the other, and waits until all answer from memory. */
  settle(...names: readonly string[]): Promise<void>;
  /** Reads all data, so that the process holds it. */
  warm(name: string): Promise<void>;
  /** Runs until the process has just read the journal by itself, so that its next read is a heartbeat away. */
  look(name: string): Promise<void>;
  ask(name: string, question: Question): Promise<string>;
  /** Grants alice another role, without waiting for it. */
  grant(name: string, role: string): { readonly call: Call; readonly done: Promise<string | undefined> };
  /** Makes a change and runs until it has returned. */
  make(name: string, what: string, change: (process: Process) => Promise<unknown>): Promise<string | undefined>;
}

/** Creates a stage. */
export function stage(product: Product, broken: readonly StoreRule[] = [], reliance: number = longestReliance): Stage {
  const quick = { request: 1, answer: 1, outcome: 'answered' } as const;
  const made = world({
    product,
    subjects,
    devices,
    outageToleranceSeconds,
    reliance,
    look: shortestLook,
    broken: new Set(broken),
    fate: () => quick,
    malice: {
      answer: (host, key, values) => self.memory(host.name, key, values),
      fate: () => ({ fails: false, delay: 1 }),
      deliveries: () => (self.notices ? [1] : []),
    },
  });
  made.database.restore(peopledData());

  async function finish<Value>(promise: Promise<Value>, milliseconds = 60_000): Promise<Value> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    await made.simulation.until(() => settled, milliseconds);
    return promise;
  }

  const self: Stage = Object.assign(Object.create(null), {
    ...made,
    memory: () => undefined,
    notices: true,
    run: made.simulation.run,
    finish,

    async settle(...names: readonly string[]) {
      for (const name of names) {
        made.start(name);
        await made.simulation.run(50);
      }
      // The first answer gives reliance only once all have acknowledged. After a wait, no process counts as new.
      await made.simulation.run(2 * times.wait);
      for (const name of names) await self.warm(name);
    },

    async warm(name: string) {
      for (const question of questions) await finish(made.read(name, question));
    },

    async look(name: string) {
      const { link } = made.process(name);
      const now = made.simulation.now();
      await made.simulation.until(() => link.lookedAt > now + 1, 2 * times.heartbeat);
    },

    ask: async (name: string, question: Question) => (await finish(made.read(name, question))).answer,

    grant: (name: string, role: string) =>
      made.change(name, `grants alice ${role}`, ({ administration }) => administration.users.addRoles('alice', [role])),

    make: (name: string, what: string, change: (process: Process) => Promise<unknown>) =>
      finish(made.change(name, what, change).done),
  });
  return self;
}
