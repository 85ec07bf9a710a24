// The names of the required methods of each port, as values. The compiler checks these lists against ports.ts and
// journal.ts: no method is missing, and none is superfluous.
import type { Journal } from './journal.js';
import type { Directory, SharedState } from './ports.js';

/** The names of the methods that are not optional. */
type RequiredNames<Port> = {
  [Name in keyof Port]-?: Record<never, never> extends Pick<Port, Name>
    ? never
    : Port[Name] extends (...args: never) => unknown
      ? Name
      : never;
}[keyof Port];

type Verbs<Port> = Readonly<Record<RequiredNames<Port>, true>>;

const directory: Verbs<Directory> = {
  provision: true,
  findUser: true,
  findUserById: true,
  listUsers: true,
  createUser: true,
  updateUser: true,
  deleteUser: true,
  touchUsers: true,
  endLogin: true,
  mapping: true,
  putMapping: true,
  deleteMapping: true,
  countGroupSets: true,
  createDevice: true,
  findDevice: true,
  listDevices: true,
  searchDevices: true,
  renameDevice: true,
  revokeDevices: true,
  touchDevices: true,
  renewDevice: true,
  confirmRenewal: true,
  listAudit: true,
  pruneAudit: true,
};

const state: Verbs<SharedState> = {
  get: true,
  put: true,
  putIfAbsent: true,
  take: true,
  compareAndSet: true,
  increment: true,
  delete: true,
  now: true,
  publish: true,
  subscribe: true,
  close: true,
};

const journal: Verbs<Journal> = { join: true, beat: true, instances: true, leave: true, note: true, prune: true };

/** The required methods of `Directory`. */
export const directoryVerbs: readonly string[] = Object.keys(directory);

/** The required methods of `SharedState`. */
export const stateVerbs: readonly string[] = Object.keys(state);

/** The required methods of `Journal`. */
export const journalVerbs: readonly string[] = Object.keys(journal);
