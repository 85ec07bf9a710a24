// Checks that a host's ports have all required methods. The compiler checks that the lists in this file contain all
// methods of the ports and no others.
import { describeValue } from './describe-value.js';
import { LatchkeyError } from './errors.js';
import type { Journal } from './journal.js';
import type { Directory, SharedState } from './ports.js';

type Presence = true | 'optional';

/** A table of all methods of a port. The value is `true` if the method is required, and `'optional'` if it is not. */
type Verbs<Port> = {
  readonly [Name in keyof Port as NonNullable<Port[Name]> extends (...args: never) => unknown
    ? Name
    : never]-?: undefined extends Port[Name] ? 'optional' : true;
};

const directory: Verbs<Directory> = {
  inspect: 'optional',
  provision: true,
  findUser: true,
  findUserById: true,
  listUsers: true,
  createUser: true,
  updateUser: true,
  deleteUser: true,
  touchUsers: true,
  endLogin: true,
  linkHostUser: 'optional',
  findSpellings: 'optional',
  renameUser: 'optional',
  mergeUsers: 'optional',
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
  listen: 'optional',
  close: true,
};

const directories = 'sqliteDirectory(database), postgresDirectory(pool), mysqlDirectory(pool) or memoryDirectory()';

const journal: Verbs<Journal> = { join: true, beat: true, instances: true, leave: true, note: true, prune: true };

/**
 * Checks the methods of the host's directory and of its journal.
 * @throws {LatchkeyError} `ERR_CONFIG` when a method is missing
 */
export function checkDirectory(name: string, value: unknown): void {
  const port = checkedPort(name, directories, value, directory);
  const given: unknown = Reflect.get(port, 'journal');
  if (given !== undefined) checkedPort(`${name}.journal`, directories, given, journal);
}

/**
 * Checks the methods of the host's shared state, and the member `singleProcess`.
 * @throws {LatchkeyError} `ERR_CONFIG` when a method or `singleProcess` is missing
 */
export function checkState(name: string, value: unknown): void {
  const port = checkedPort(name, 'redisState(redis) or memoryState()', value, state);
  const given: unknown = Reflect.get(port, 'singleProcess');
  if (typeof given === 'boolean') return;
  const expected = 'expected true or false (see src/vocabulary/ports.ts)';
  throw wrong(`${name}.singleProcess: ${expected}, saw ${describeValue(given)}.`);
}

function checkedPort(name: string, made: string, value: unknown, verbs: Readonly<Record<string, Presence>>): object {
  const port = typeof value === 'object' && value !== null ? value : {};
  const others = Object.keys(verbs).filter((verb) => typeof Reflect.get(port, verb) !== 'function');
  const missing = others.filter((verb) => verbs[verb] === true);
  if (missing.length > 0) {
    const expected = `${made}, or an object with every method of the port (src/vocabulary/ports.ts)`;
    const saw = `saw ${describeValue(value)}. Missing: ${missing.join(', ')}.`;
    throw wrong(`${name}: expected ${expected}, ${saw}`);
  }
  const unusable = others.find((verb) => Reflect.get(port, verb) !== undefined);
  if (unusable === undefined) return port;
  throw wrong(`${name}.${unusable}: expected a function, saw ${describeValue(Reflect.get(port, unusable))}.`);
}

function wrong(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail });
}
