// Several processes over one simulated database and one simulated shared state, and a record of the truth.
import type { Administration } from '../../../../src/directory/administration/administration.js';
import type { PrincipalCache, PrincipalCacheOptions } from '../../../../src/directory/cache/principal-cache.js';
import type { DeviceRenewal } from '../../../../src/directory/resolution/device-renewal.js';
import type { LoginEnds } from '../../../../src/directory/resolution/login-ends.js';
import type { DeviceOwner, Resolver } from '../../../../src/directory/resolution/resolve-principal.js';
import { LatchkeyError } from '../../../../src/vocabulary/errors.js';
import { journalKeys } from '../../../../src/vocabulary/journal.js';
import type { Account } from '../../../../src/vocabulary/types.js';
import { accountGiven, type Configured, type Content, deviceGiven, differences } from './contents.js';
import type { Data } from './data.js';
import { type Database, database, type StoreRule } from './database.js';
import { withoutJournal } from './directory.js';
import { judge as judgeOf, type Question } from './judge.js';
import { type Fate, type LinkControl, link } from './link.js';
import type { Product } from './product.js';
import { type Malice, type SimulatedState, simulatedState } from './shared-state.js';
import { type Host, type Simulation, simulation } from './simulation.js';
import { type Call, type Cause, type Truth, truth } from './truth.js';

/** One process of the server. */
export interface Process {
  readonly name: string;
  readonly host: Host;
  readonly link: LinkControl;
  readonly configured: Configured;
  readonly cache: PrincipalCache;
  readonly resolver: Resolver;
  readonly witness: Resolver;
  readonly administration: Administration;
  readonly renewal: DeviceRenewal;
  readonly logins: LoginEnds;
  /** The change that it is making, one at a time. */
  call: Call | undefined;
}

/** The answer to a read, and whether it came without a promise. */
export interface Reading {
  readonly answer: string;
  readonly warm: boolean;
}

/** The simulated environment. */
export interface World {
  readonly simulation: Simulation;
  readonly database: Database;
  readonly state: SimulatedState;
  processes(): readonly Process[];
  /** The events, in order. */
  readonly trace: readonly string[];
  /** The wrong answers. */
  readonly violations: readonly string[];
  note(text: string): void;
  /** Records a violation. */
  violate(text: string): void;
  /** Starts a process with this name. A running process with this name is replaced. */
  start(
    name: string,
    options?: {
      readonly rate?: number;
      readonly groupRoles?: Readonly<Record<string, readonly string[]>>;
      readonly outageToleranceSeconds?: number;
    },
  ): Process;
  process(name: string): Process;
  /**
   * Kills the process at whatever it waits for. With `drop`, statements that were sent but not carried out are
   * discarded.
   */
  kill(name: string, drop?: boolean): void;
  /** Asks, and checks the answer. Rejects as the product does. */
  read(name: string, question: Question): Promise<Reading>;
  /**
   * Makes a change, and checks its guarantee once it has returned. Resolves to the code of the rejection, if any.
   *
   * @param told the change guarantees only that others learn of it
   */
  change(
    name: string,
    what: string,
    make: (process: Process) => Promise<unknown>,
    told?: boolean,
  ): { readonly call: Call; readonly done: Promise<string | undefined> };
}

/** The settings of a world. */
export interface WorldOptions {
  readonly product: Product;
  readonly malice: Malice;
  readonly fate: (host: Host, verb: string) => Fate;
  readonly broken?: ReadonlySet<StoreRule>;
  readonly subjects: readonly string[];
  readonly devices: readonly { readonly id: string; readonly subject: string }[];
  readonly outageToleranceSeconds: number;
  /** For how many true milliseconds at most a process answers from memory by itself. */
  readonly reliance: number;
  /** After how many true milliseconds a process has read the journal, unless it cannot reach the database. */
  readonly look: number;
  /** Default: the database's own. */
  readonly journal?: Pick<PrincipalCacheOptions, 'journal' | 'changesWriteRows'>;
  readonly singleProcess?: boolean;
}

/** Creates an empty world. */
export function world(options: WorldOptions): World {
  const { product, devices, subjects } = options;
  const trace: string[] = [];
  const violations: string[] = [];
  const processes = new Map<string, Process>();
  const given = answersGiven();
  const questions: readonly Question[] = [
    ...subjects.map((subject) => ({ subject })),
    ...devices.map(({ id, subject }) => ({ subject, deviceId: id })),
  ];
  const note = (text: string): void => void trace.push(`${String(Math.round(sim.now())).padStart(6)}  ${text}`);
  const sim: Simulation = simulation(peekEverywhere);
  const state = simulatedState(sim, options.malice);
  const owner = new Map(devices.map(({ id, subject }) => [journalKeys.device(id), journalKeys.user(subject)]));
  const covering = (key: string): readonly string[] => [key, ...(owner.has(key) ? [owner.get(key) ?? ''] : [])];
  const right: Truth<Content> = truth<Content>(
    sim.now,
    options.reliance,
    options.look,
    undefined,
    options.singleProcess !== true,
    covering,
  );
  const court = judgeOf(right);
  const db = database(
    {
      committed(before, after, call) {
        replaced(before, after, { by: 'change', call });
      },
      noted: right.noted,
      restored(before, after, by) {
        if (by === 'restore') right.restored();
        replaced(before, after, { by });
      },
    },
    options.broken ?? new Set(),
  );

  function replaced(before: Data, after: Data, cause: Cause): void {
    for (const { key, content } of differences(before, after)) {
      const edited = cause.by === 'restore' && after.handEdited.has(key);
      right.replaced(key, content, edited ? { by: 'edited copy' } : cause);
    }
    court.changed();
  }

  function judge(answering: Process, question: Question, asked: number, answer: string, how: string): void {
    const { name, configured } = answering;
    // Caches that depend on time alone read no journal, and have no reason to answer later.
    const looked = options.journal === undefined ? answering.link.lookedAt : Number.POSITIVE_INFINITY;
    const instead = court.instead(question, { asked, looked }, answer, configured);
    if (instead === undefined) return;
    const about = question.deviceId ?? question.subject;
    violate(`${name} answers ${how} for ${about}: ${answer}; right: ${instead.join(' or ')}`);
  }

  function violate(text: string): void {
    if (violations.length === 0) note(`! ${text}`);
    violations.push(text);
  }

  /** Checks what each process would answer from memory at this moment. */
  function peekEverywhere(): void {
    for (const process of processes.values()) {
      const { host, witness, cache } = process;
      if (host.state !== 'running') continue;
      for (const question of questions) {
        if (!mayAnswer(cache, question)) continue;
        const value = ask(witness, question);
        if (value instanceof Promise) value.catch(() => {});
        else judge(process, question, sim.now(), given(value), 'from memory');
      }
    }
  }

  function process(name: string): Process {
    const found = processes.get(name);
    if (found === undefined) throw new Error(`There is no process ${name}`);
    return found;
  }

  return {
    simulation: sim,
    database: db,
    state,
    trace,
    violations,
    note,
    violate,
    process,
    processes: () => [...processes.values()],

    start(name, { rate = 1, groupRoles = unconfigured, outageToleranceSeconds = options.outageToleranceSeconds } = {}) {
      const host = sim.host(name, rate);
      const ours: LinkControl = link({
        simulation: sim,
        host,
        fate: (verb) => options.fate(host, verb),
        call: () => started.call,
      });
      const own = db.directory(ours);
      const directory = options.journal === undefined ? own : withoutJournal(own);
      const port = { ...state.port(host), singleProcess: options.singleProcess === true };
      const { journal } = options;
      const times = { clock: host.clock, outageToleranceSeconds };
      const parts = product.assemble({ directory, state: port, groupRoles, journal, ...times });
      const started: Process = { name, host, link: ours, configured: groupRoles, ...parts, call: undefined };
      processes.set(name, started);
      return started;
    },

    kill(name, drop = false) {
      const { host, link: ours } = process(name);
      if (drop) ours.drop();
      host.kill();
      processes.delete(name);
    },

    async read(name, question) {
      const asking = process(name);
      const asked = sim.now();
      const value = ask(asking.resolver, question);
      const warm = !(value instanceof Promise);
      const answer = given(await value);
      judge(asking, question, asked, answer, warm ? 'at once' : `a question from ${Math.round(asked)}`);
      return { answer, warm };
    },

    change(name, what, make, told = false) {
      const author = process(name);
      if (author.call !== undefined) throw new Error(`${name} makes another change`);
      const call: Call = { process: name, what, began: sim.now(), executed: false };
      author.call = call;
      note(`${name}: ${what}`);
      const finish = (code: string | undefined): string | undefined => {
        author.call = undefined;
        note(`${name}: ${what} ${code === undefined ? 'returned' : `was refused: ${code}`}`);
        if (code === undefined && !call.executed) violate(`${name}: ${what} returned, and nothing was carried out`);
        if (code !== 'ERR_DIRECTORY_UNAVAILABLE' && !told) right.returned(call);
        return code;
      };
      const done = make(author).then(
        () => finish(undefined),
        (error: unknown) => {
          if (!(error instanceof LatchkeyError)) throw error;
          return finish(error.code);
        },
      );
      return { call, done };
    },
  };
}

const unconfigured: Configured = {};

function ask(resolver: Resolver, { subject, deviceId, groups }: Question) {
  if (deviceId !== undefined) return resolver.findDevice(deviceId, subject);
  return groups === undefined ? resolver.find(subject) : resolver.resolve({ subject, groups });
}

/** Whether the process holds all entries: without them, a look-up would start. */
function mayAnswer(cache: PrincipalCache, { subject, deviceId }: Question): boolean {
  if (cache.peek(journalKeys.user(subject)) === undefined || cache.peek(journalKeys.mapping) === undefined)
    return false;
  return deviceId === undefined || cache.peek(journalKeys.device(deviceId)) !== undefined;
}

/** Formats answers as text. Accounts are shared between answers, so each is formatted only once. */
function answersGiven(): (value: Account | DeviceOwner | undefined) => string {
  const known = new WeakMap<Account, string>();
  const account = (value: Account | undefined): string => {
    if (value === undefined) return accountGiven(undefined);
    const text = known.get(value) ?? accountGiven(value);
    known.set(value, text);
    return text;
  };
  return (value) =>
    value !== undefined && 'device' in value ? deviceGiven(value.device, account(value.account)) : account(value);
}
