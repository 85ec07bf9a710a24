// Computes the correct answers from the rows, without the product's code.
import { journalKeys } from '../../../../src/vocabulary/journal.js';
import type { Account, Device, UserRow } from '../../../../src/vocabulary/types.js';
import type { Data } from './data.js';

/** The content of one key. `undefined`: there is none. */
export type Content = UserRow | Device | ReadonlyMap<string, readonly string[]> | undefined;

/** A key whose content differs, and its content. */
export interface Difference {
  readonly key: string;
  readonly content: Content;
}

/** Returns the keys whose contents differ. */
export function differences(before: Data, after: Data): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (
    name: (id: string) => string,
    one: ReadonlyMap<string, Content>,
    other: ReadonlyMap<string, Content>,
  ) => {
    for (const id of new Set([...one.keys(), ...other.keys()])) {
      if (one.get(id) !== other.get(id)) found.push({ key: name(id), content: other.get(id) });
    }
  };
  compare(journalKeys.user, before.users, after.users);
  compare(journalKeys.device, before.devices, after.devices);
  const [one, other] = [before, after].map(
    ({ mappings }) => new Map([...mappings].map(([group, { roles }]) => [group, roles])),
  );
  if (JSON.stringify([...(one ?? [])]) !== JSON.stringify([...(other ?? [])])) {
    found.push({ key: journalKeys.mapping, content: other });
  }
  return found;
}

/** The `groupRoles` of a process. */
export type Configured = Readonly<Record<string, readonly string[]>>;

/** The correct answer for a user with this row, under this mapping, by a process with this configuration. */
export function accountAnswer(user: Content, mapping: Content, configured: Configured): string {
  if (user === undefined || !('groups' in user)) return 'nobody';
  const mapped = mapping instanceof Map ? user.groups.flatMap((group) => mapping.get(group) ?? []) : [];
  const managed = [...mapped, ...user.groups.flatMap((group) => configured[group] ?? [])];
  return facts({ ...user, userId: user.id, roles: new Set([...managed, ...user.grantedRoles]) });
}

/** The correct answer for a device with this row and this answer for its owner. */
export function deviceAnswer(device: Content, user: Content, mapping: Content, configured: Configured): string {
  if (device === undefined || !('serial' in device)) return 'nobody';
  if (user === undefined || !('groups' in user) || device.userId !== user.id) return 'nobody';
  return `${deviceFacts(device)} of ${accountAnswer(user, mapping, configured)}`;
}

/** Formats an account that the product returned. */
export function accountGiven(account: Account | undefined): string {
  return account === undefined ? 'nobody' : facts(account);
}

/** Formats a device that the product returned, with the answer for its owner. */
export function deviceGiven(device: Device, account: string): string {
  return `${deviceFacts(device)} of ${account}`;
}

function facts({
  userId,
  displayName,
  disabled,
  endedLogins = [],
  roles,
}: Pick<Account, 'userId' | 'displayName' | 'disabled' | 'endedLogins' | 'roles'>): string {
  const state = disabled ? 'disabled' : 'enabled';
  return `${userId} ${displayName ?? ''} ${state} [${[...roles].sort().join(' ')}] ended: ${endedLogins.join(' ')}`;
}

function deviceFacts({ id, name, serial, renewedAt, revokedAt, version }: Device): string {
  const state = revokedAt === undefined ? '' : 'revoked';
  return `${id} ${name} ${serial}${renewedAt === undefined ? '' : '+'} v${version} ${state}`;
}
