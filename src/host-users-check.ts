// Validates the option `hostUsers`.
import type { HostUsers } from './directory/resolution/host-users.js';
import { configError, refuseUnknownKeys } from './identity/config-error.js';
import type { EveryMember } from './vocabulary/every-member.js';
import type { Directory } from './vocabulary/ports.js';

const names: EveryMember<HostUsers, 'required' | 'optional' | 'seconds'> = {
  find: 'required',
  create: 'required',
  isProtected: 'optional',
  current: 'optional',
  timeoutSeconds: 'seconds',
};

/**
 * Checks the members of the option `hostUsers`.
 * @throws {LatchkeyError} `ERR_CONFIG` when a required function is missing, or when a member is invalid or unknown
 */
export function checkHostUsers(option: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null) {
    throw configError(option, '{ find, create } with functions (docs/host-users.md)', value);
  }
  refuseUnknownKeys(option, value, names);
  for (const [name, kind] of Object.entries(names)) {
    const member: unknown = Reflect.get(value, name);
    if (member === undefined && kind !== 'required') continue;
    if (kind !== 'seconds') {
      if (typeof member !== 'function')
        throw configError(`${option}.${name}`, 'a function (docs/host-users.md)', member);
    } else if (!(typeof member === 'number' && member >= 0.1 && member <= 60)) {
      throw configError(`${option}.${name}`, 'a number of seconds from 0.1 to 60', member);
    }
  }
}

/**
 * Checks that the directory can store links between Latchkey's users and the host's own users.
 * @throws {LatchkeyError} `ERR_CONFIG` when the directory has no `linkHostUser`
 */
export function checkLinking(directory: Directory): void {
  if (directory.linkHostUser !== undefined) return;
  throw configError(
    'directory',
    'one with linkHostUser, because hostUsers needs it (docs/host-users.md)',
    'one without',
  );
}
