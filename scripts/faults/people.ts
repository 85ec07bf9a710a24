// The users of a run, how they send requests, and what their answers say.

import { LatchkeyError } from '../../src/index.js';
import type { History } from '../../test/faults/expectations.js';
import type { Answer, Visitor } from '../demo/visitor.js';
import { visitor } from '../demo/visitor.js';
import { proxySecret } from './server.js';
import type { Server } from './site.js';

/** A user who is logged in at the proxy. The views are the roles, or `disabled`. */
export interface Person extends History<string> {
  readonly subject: string;
  readonly groups: readonly string[];
  /** The token of a device. */
  readonly token: string;
}

/** Creates a user who is logged in at the proxy and has these roles. */
export function person(subject: string, groups: readonly string[], roles: string): Omit<Person, 'token'> {
  return { subject, groups, views: [roles], since: 0 };
}

/** The administrator. */
export const administrator: Omit<Person, 'token'> = person('ada', ['admins'], 'admin');

/** The headers that the proxy sends for this person. */
export function identityOf({ subject, groups }: Pick<Person, 'subject' | 'groups'>): Record<string, string> {
  return {
    'remote-user': subject,
    'remote-groups': groups.join(','),
    [proxySecret.header]: proxySecret.value,
  };
}

/** Sends requests as the proxy sends them for this person. */
export function byHeader(server: Server, who: Pick<Person, 'subject' | 'groups'>): Visitor {
  const identity = identityOf(who);
  const plain = visitor(server.url);
  return {
    ...plain,
    get: (path, headers) => plain.get(path, { ...identity, ...headers }),
    send: (method, path, body, headers) => plain.send(method, path, body, { ...identity, ...headers }),
  };
}

/** Sends a request to the API with a token. */
export function byToken(server: Server, token: string): Promise<Answer> {
  return visitor(server.url).get('/api/library', { authorization: `Bearer ${token}` });
}

/** What an answer says about a user: the roles, `disabled`, or `nobody` (401). */
export function viewIn({ status, json }: Answer): string {
  if (status === 200 && Array.isArray(json['roles'])) return json['roles'].join('+');
  if (status === 403 && json['code'] === 'ERR_ACCOUNT_DISABLED') return 'disabled';
  return status === 401 ? 'nobody' : `status ${status} ${codeIn(json)}`;
}

/** The code of problem details, or the error of an OAuth error. */
export function codeIn(json: Answer['json']): string {
  return String(json['code'] ?? json['error'] ?? '');
}

/** Whether the answer is a temporary refusal, in the form that docs/errors.md describes. */
export function isRefusal({ status, json, headers }: Answer): boolean {
  if (status !== 503 || codeIn(json) === '') return false;
  // These errors do not end by themselves, so the answer has no `Retry-After`.
  const isLasting = lasting.some((each) => each.code === json['code'] || each.message === json['error_description']);
  return isLasting || Number(headers.get('retry-after')) >= 1;
}

const lasting = [new LatchkeyError('ERR_STATE_REFUSED'), new LatchkeyError('ERR_DIRECTORY_REFUSED')];
