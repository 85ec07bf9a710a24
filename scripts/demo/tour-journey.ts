// Who takes the tour, what they carry, and how they check what comes back.
import assert from 'node:assert/strict';
import type { Neighbourhood } from './neighbourhood.js';
import type { Secrets } from './secrets.js';
import { type Answer, type Visitor, visitor } from './visitor.js';

/** What a step has cost. `writes`: transactions that wrote. */
export interface Counts {
  readonly sql: number;
  readonly writes: number;
  readonly state: number;
}

/** Who is on the way, and what they have got so far. */
export interface Journey {
  readonly everything: Neighbourhood;
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
  /** Does it; what it returns is printed. */
  readonly run: (journey: Journey) => Promise<readonly string[]>;
  /** Throws where the step cost something else than it may. */
  readonly check?: (spent: Counts) => void;
}

/** The step must have cost nothing at all. */
export const nothing = (spent: Counts): void => assert.deepEqual(spent, { sql: 0, writes: 0, state: 0 });
/** The step must have written this many times. */
export const writesOf =
  (expected: number): ((spent: Counts) => void) =>
  (spent) =>
    assert.equal(spent.writes, expected, `${spent.writes} writes instead of ${expected}`);

/** Sets out, with empty hands. */
export function startJourney(everything: Neighbourhood, secrets: Secrets): Journey {
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

/** Throws where the answer has another status. */
export function is(answer: Answer, status: number, what: string): void {
  const code = answer.json['code'] ?? answer.json['error'] ?? '';
  assert.equal(answer.status, status, `${what}: ${answer.status} ${String(code)} instead of ${status}`);
}

/** The roles in an answer of `me`, as text. */
export function roles(answer: Answer): string {
  return (answer.json['roles'] as string[]).join(', ');
}

/** Bob by the proxy's headers, and Bob's phone by its token. */
export async function both({ bob, phone, token }: Journey): Promise<{ header: Answer; bearer: Answer }> {
  const header = await bob.get('/auth/me');
  const bearer = await phone.get('/call/api/me', { authorization: `Bearer ${token}` });
  return { header, bearer };
}

/** Another last character: the locator still finds the pairing, the secret is wrong. */
export function misspelt(code: string): string {
  return code.slice(0, -1) + (code.endsWith('7') ? '8' : '7');
}
