// The state that the steps of the tour share, and their checks.
import assert from 'node:assert/strict';
import type { DemoServers } from './demo-servers.js';
import type { Secrets } from './secrets.js';
import { type Answer, type Visitor, visitor } from './visitor.js';

/** The cost of a step. `writes`: the number of transactions that wrote. */
export interface Counts {
  readonly sql: number;
  readonly writes: number;
  readonly state: number;
}

/** The clients of the tour, and the results of its steps so far. */
export interface Journey {
  readonly everything: DemoServers;
  readonly secrets: Secrets;
  /** Bob's browser, at the proxy. */
  readonly bob: Visitor;
  /** Bob's phone. */
  readonly phone: Visitor;
  /** The local administrator's browser, at the app's own address. */
  readonly admin: Visitor;
  code: string;
  token: string;
  deviceId: string;
}

/** One step. */
export interface Step {
  readonly title: string;
  /** Runs the step and returns the lines to print. */
  readonly run: (journey: Journey) => Promise<readonly string[]>;
  /** Throws if the step did not have the expected cost. */
  readonly check?: (spent: Counts) => void;
}

/** Checks that the step cost nothing. */
export const nothing = (spent: Counts): void => assert.deepEqual(spent, { sql: 0, writes: 0, state: 0 });
/** Checks that the step wrote this many times. */
export const writesOf =
  (expected: number): ((spent: Counts) => void) =>
  (spent) =>
    assert.equal(spent.writes, expected, `${spent.writes} writes instead of ${expected}`);

/** The state before the first step. */
export function startJourney(everything: DemoServers, secrets: Secrets): Journey {
  return {
    everything,
    secrets,
    bob: visitor(everything.proxyUrl),
    phone: visitor(everything.phoneUrl),
    admin: visitor(everything.appUrl),
    code: '',
    token: '',
    deviceId: '',
  };
}

/** Throws if the answer has another status. */
export function is(answer: Answer, status: number, what: string): void {
  const code = answer.json['code'] ?? answer.json['error'] ?? '';
  assert.equal(answer.status, status, `${what}: ${answer.status} ${String(code)} instead of ${status}`);
}

/** The roles in an answer of `me`, as text. */
export function roles(answer: Answer): string {
  return (answer.json['roles'] as string[]).join(', ');
}

/** One request of Bob's browser by the proxy's headers, and one of Bob's phone by its token. */
export async function both({ bob, phone, token }: Journey): Promise<{ header: Answer; bearer: Answer }> {
  const header = await bob.get('/auth/me');
  const bearer = await phone.get('/call/api/me', { authorization: `Bearer ${token}` });
  return { header, bearer };
}

/** The code with another last character: the locator is right, but the secret is wrong. */
export function misspelled(code: string): string {
  return code.slice(0, -1) + (code.endsWith('7') ? '8' : '7');
}
