// What the requests to a server with its own users have in common.
import { strict as assert } from 'node:assert';
import type { Server } from './server.js';

/** The path of `auth.router`. */
export const browser = '/latchkey';
/** The path of `auth.tokenRouter`. */
export const app = '/api/latchkey';
/** The groups of alice, who is an administrator. */
export const groups = 'admins';
export const json = { 'Content-Type': 'application/json' };
/** The headers of a write by a page of the server itself. */
export const ownPage: Readonly<Record<string, string>> = { ...json, 'Sec-Fetch-Site': 'same-origin' };

/** A user in Latchkey's own API. */
export interface LatchkeyUser {
  readonly id: string;
  readonly subject: string;
  readonly version: number;
  readonly host_user_id?: string;
}

/** Finds a user in Latchkey's own API. */
export async function latchkeyUser({ ask }: Server, subject: string): Promise<LatchkeyUser> {
  const found = await ask(`${browser}/admin/users?search=${subject}&limit=1000`, { user: 'alice', groups });
  const users = (found.json?.['users'] ?? []) as readonly LatchkeyUser[];
  const user = users.find((each) => each.subject === subject);
  assert.ok(user, `Latchkey knows ${subject}: ${found.text}`);
  return user;
}
