// One run of the model: steps one after the other, then a phase without faults in which everything must work again.

import { configuredGroupRoles, groupsToRoles } from '../../../../src/directory/resolution/role-mapping.js';
import { memoryJournal } from '../../../../src/stores/memory/journal-list.js';
import { chance, fates, malice } from './chance.js';
import { type Change, changes, noticedChanges } from './changes.js';
import type { Data } from './data.js';
import type { StoreRule } from './database.js';
import type { Question } from './judge.js';
import type { LinkState } from './link.js';
import type { Product } from './product.js';
import { plantForeign, plantForeignDevice } from './shared-state.js';
import {
  devices,
  longestHold,
  longestReliance,
  outageToleranceSeconds,
  peopledData,
  questions,
  rates,
  shortestLook,
  subjects,
  times,
} from './stage.js';
import { type World, type WorldOptions, world } from './world.js';

/** One step. Processes are given by their index, and numbers are taken modulo what exists. */
export type Step =
  | { readonly do: 'pass'; readonly milliseconds: number }
  | { readonly do: 'read'; readonly process: number; readonly question: number; readonly groups: number }
  | { readonly do: 'change' | 'notice'; readonly process: number; readonly which: number }
  | { readonly do: 'kill'; readonly process: number; readonly drop: boolean }
  | { readonly do: 'start'; readonly process: number; readonly rate: number }
  | { readonly do: 'stop' | 'suspend' | 'resume' | 'close' | 'repeat'; readonly process: number }
  | { readonly do: 'link'; readonly process: number; readonly state: LinkState }
  | { readonly do: 'wall'; readonly process: number; readonly milliseconds: number }
  | { readonly do: 'backup' }
  | { readonly do: 'restore' | 'restore-tables'; readonly which: number }
  | { readonly do: 'replace' };

/** A complete run. */
export interface Run {
  readonly seed: number;
  /** From 0, where links and the shared state have no faults, to 1. */
  readonly roughness: number;
  readonly steps: readonly Step[];
}

const names = ['A', 'B', 'C', 'D'];
const groupSets = [undefined, ['staff'], ['guests'], ['guests', 'staff']] as const;

/** What the caches follow: the directory's journal, only the time, or a journal in the memory of the only process. */
export type Following = 'journal' | 'time' | 'memory';

const noMapping = groupsToRoles([], configuredGroupRoles({})).hash;

/** Steps that need several processes or a journal in the database. */
const ofSeveral: ReadonlySet<string> = new Set([
  'kill',
  'stop',
  'suspend',
  'wall',
  'restore',
  'restore-tables',
  'replace',
]);

function followingOf(following: Following): Pick<WorldOptions, 'reliance' | 'journal' | 'singleProcess'> {
  if (following === 'journal') return { reliance: longestReliance };
  if (following === 'time') return { reliance: longestHold, journal: { journal: undefined } };
  const { verbs } = memoryJournal(() => 0);
  // No process learns of a change before its answer arrives, which takes up to 12 seconds each way.
  return {
    reliance: 24_000 + longestReliance,
    journal: { journal: verbs, changesWriteRows: false },
    singleProcess: true,
  };
}

/** Throws an error with the whole trace if an answer was wrong or something did not recover. */
export async function play(
  product: Product,
  { seed, roughness, steps }: Run,
  {
    broken = [],
    following = 'journal',
  }: { readonly broken?: readonly StoreRule[]; readonly following?: Following } = {},
): Promise<void> {
  const luck = chance(seed);
  let rough = 0;
  const single = following === 'memory';
  const made = world({
    product,
    subjects,
    devices,
    outageToleranceSeconds,
    look: shortestLook,
    ...followingOf(following),
    broken: new Set(broken),
    fate: fates(luck, () => rough),
    malice: malice(luck, () => rough),
  });
  const { simulation, database } = made;
  database.restore(peopledData());
  plantForeign(made.state, subjects, [noMapping]);
  for (const device of database.data().devices.values()) plantForeignDevice(made.state, device);
  const backups: Data[] = [database.data()];
  // Instances in one process share its clock.
  const rateOf = (number: number): number =>
    single ? 1 : rates.slowest + (number % 1) * (rates.fastest - rates.slowest);
  const groupRolesOf = (name: string) => (name === 'D' ? { groupRoles: { guests: ['configured'] } } : {});
  for (const name of names.slice(0, 3)) made.start(name, { rate: rateOf(luck(`rate of ${name}`)) });
  await simulation.run(1.2 * times.wait);
  await readAll(made);
  backups.push(database.data());
  rough = roughness;
  let number = 10;
  let orphan: number | undefined;

  const running = (index: number) => made.processes().find(({ name }) => name === names[index % names.length]);

  function change(index: number, { what, make }: Change, which?: number): void {
    const process = running(index);
    if (process === undefined || process.call !== undefined || process.host.state !== 'running') return;
    number += 1;
    const own = number;
    const { call, done } = made.change(process.name, what, (author) => make(author, own), which === undefined);
    // Without a journal, nothing has to be written to make all processes reload.
    if (following !== 'journal' && what.startsWith('invalidates')) call.executed = true;
    if (which !== undefined) calls.set(process.name, which);
    void done;
  }
  const calls = new Map<string, number>();

  async function carryOut(step: Step): Promise<void> {
    const process = 'process' in step ? running(step.process) : undefined;
    switch (step.do) {
      case 'pass':
        return simulation.run(step.milliseconds);
      case 'read': {
        if (process === undefined || process.host.state !== 'running') return;
        const question = questions[step.question % questions.length] ?? { subject: 'alice' };
        const groups = question.deviceId === undefined ? groupSets[step.groups % groupSets.length] : undefined;
        made.note(`${process.name} is asked about ${question.deviceId ?? question.subject} ${groups ?? ''}`);
        made.read(process.name, { ...question, ...(groups === undefined ? {} : { groups }) }).catch(unavailable);
        return;
      }
      case 'change':
        return change(step.process, changes[step.which % changes.length] ?? fail(), step.which);
      case 'notice':
        return change(step.process, noticedChanges[step.which % noticedChanges.length] ?? fail());
      case 'repeat':
        if (orphan === undefined) return;
        return change(step.process, changes[orphan % changes.length] ?? fail(), orphan);
      case 'kill':
        if (process === undefined) return;
        if (process.call !== undefined) orphan = calls.get(process.name) ?? orphan;
        made.note(`${process.name} is killed${step.drop ? ' with what it asked' : ''}`);
        return made.kill(process.name, step.drop);
      case 'start': {
        const name = names[step.process % names.length] ?? fail();
        if (process !== undefined) return;
        made.note(`${name} starts`);
        made.start(name, { rate: rateOf(step.rate), ...groupRolesOf(name) });
        return;
      }
      case 'stop':
      case 'suspend':
      case 'resume':
        if (process !== undefined) made.note(`${process.name}: ${step.do}`);
        return process?.host[step.do]();
      case 'close':
        if (process === undefined || process.call !== undefined || process.host.state !== 'running') return;
        made.note(`${process.name} closes`);
        void process.resolver.close().then(() => made.kill(process.name));
        return;
      case 'link':
        if (process !== undefined) made.note(`${process.name}'s link is ${step.state}`);
        return process?.link.set(step.state);
      case 'wall':
        // While the computer sleeps, only this clock continues. If it were set as well, no clock would measure the
        // time.
        if (process?.host.state !== 'running') return;
        made.note(`${process.name}'s wall clock is set by ${step.milliseconds}`);
        return process?.host.setWall(step.milliseconds);
      case 'backup':
        made.note(`backup ${backups.length}`);
        backups.push(database.data());
        return;
      case 'restore':
        made.note(`the database is restored from ${step.which % backups.length}`);
        return database.restore(backups[step.which % backups.length] ?? fail());
      case 'restore-tables':
        made.note(`tables are restored from ${step.which % backups.length}`);
        return database.restoreTables(backups[step.which % backups.length] ?? fail());
      case 'replace':
        made.note('the database is replaced by a fresh one');
        return database.restore(peopledData());
    }
  }

  for (const step of steps) {
    if (single && ofSeveral.has(step.do)) continue;
    await carryOut(step);
    if (made.violations.length > 0) break;
    await simulation.run(0.5);
  }
  if (made.violations.length === 0) {
    rough = 0;
    await recover(made);
  }
  if (made.violations.length > 0) throw new Error([...made.violations.slice(0, 3), ...made.trace].join('\n'));
}

async function readAll({ simulation, processes, read }: World): Promise<void> {
  for (const { name } of processes()) {
    for (const question of questions) read(name, question).catch(unavailable);
  }
  await simulation.run(20);
}

/** Without any faults, changes must return within a wait, and entries that were read must be answered from memory. */
async function recover(made: World): Promise<void> {
  const { simulation } = made;
  made.note('calm');
  for (const { host, link } of made.processes()) {
    host.resume();
    link.set('up');
  }
  for (const name of names) if (!made.processes().some((process) => process.name === name)) made.start(name);
  // Running operations end, dead processes are expelled when another joins, and no process is new any more.
  await simulation.run(4 * times.wait);
  for (const { name } of made.processes()) {
    const { done } = made.change(name, 'maps staff in the calm', ({ administration }) =>
      administration.mappings.set('staff', [`calm-${name}`]),
    );
    const began = simulation.now();
    let code: string | undefined;
    let returned = false;
    void done.then((refusal) => {
      code = refusal;
      returned = true;
    });
    try {
      await simulation.until(() => returned, (times.wait + 500) / rates.slowest);
    } catch {
      made.violate(`${name}: a change did not return within ${Math.round(simulation.now() - began)} ms`);
      return;
    }
    if (code !== undefined) made.violate(`${name}: a change was refused in the calm: ${code}`);
  }
  await readAll(made);
  await readAll(made);
  made.state.reset();
  for (const { name, link } of made.processes()) {
    link.reset();
    for (const question of questions) {
      if (!exists(made.database.data(), question)) continue;
      let warm = false;
      void made.read(name, question).then((reading) => {
        warm = reading.warm;
      });
      await simulation.run(0);
      if (!warm) made.violate(`${name} does not answer from memory in the calm: ${JSON.stringify(question)}`);
    }
  }
}

function exists({ users, devices: rows }: Data, { subject, deviceId }: Question): boolean {
  return users.has(subject) && (deviceId === undefined || rows.has(deviceId));
}

function fail(): never {
  throw new Error('There is no such one');
}

function unavailable(error: unknown): void {
  if ((error as { readonly code?: unknown }).code !== 'ERR_DIRECTORY_UNAVAILABLE') throw error;
}
