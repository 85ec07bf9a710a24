// Users, groups and devices that many tests share.
import { randomUUID } from 'node:crypto';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { Account, Assertion, Device, UserRow } from '../../src/vocabulary/types.js';

/** A user in the group `staff`. */
export const alice: Assertion = {
  subject: 'alice',
  displayName: 'Alice',
  email: 'alice@example.com',
  groups: ['staff'],
};

/** The roles that groups give. */
export const groupRoles: Readonly<Record<string, readonly string[]>> = { staff: ['viewer'], admins: ['admin'] };

/** The roles of an account, sorted. */
export function roles(account: Account | undefined): readonly string[] | undefined {
  return account && [...account.roles].sort();
}

/** Adds a device for the user. Returns its row from the directory. */
export async function pair(directory: Directory, userId: string | undefined): Promise<Device> {
  const id = randomUUID();
  const createdAt = new Date('2026-11-01T10:00:00Z');
  const expiresAt = new Date('2099-11-01T10:00:00Z');
  const facts = { name: 'Phone', clientId: 'player', pairedBy: 'code', createdAt, expiresAt } as const;
  await directory.createDevice({ id, userId: userId ?? '', ...facts });
  const found = await directory.findDevice(id);
  if (found === undefined) throw new Error('The device was just added');
  return found.device;
}

/** A user's row, without the position in the journal at which it was read. */
export async function rowOf(directory: Directory, subject: string): Promise<UserRow | undefined> {
  const found = await directory.findUser(subject);
  if (found === undefined) return undefined;
  const { position: _, ...row } = found;
  return row;
}

/** The code that the call rejects with; `undefined` if it does not reject. */
export async function refusal(call: unknown): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
}
