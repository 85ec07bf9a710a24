// Explains step by step how `identify` would decide about a hypothetical request.
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import type { Asserted, Identification } from './assertion.js';
import { decodeText, type TextEncoding } from './encodings.js';
import { type GroupsReading, parseGroups } from './groups.js';
import { type Classify, foldedName, type HeaderClass } from './header-classes.js';
import { plainAddress } from './ip-range.js';
import type { PathRules } from './path-rules.js';
import type { HeaderPlan } from './presets.js';
import type { ProxySecret } from './proxy-secret.js';
import { type Reading, readDisplayName, readEmail } from './values.js';

/** A hypothetical request. */
export interface IdentityQuestion {
  /** The name and the value of each header field, as text. */
  readonly headers: readonly (readonly [string, string])[];
  /** The peer's address, or `'unix'` for a unix socket. */
  readonly peer: string;
  /** The request target as the client would send it. */
  readonly target: string;
}

/** A header field that Latchkey reads to identify the user. */
export interface ExplainedHeader {
  readonly name: string;
  readonly kind: 'user' | 'name' | 'email' | 'groups' | 'secret' | 'alias';
  /** The decoded value. Absent for the proxy secret, and for a value that cannot be decoded. */
  readonly value?: string | undefined;
  /**
   * The error code, if this field itself is invalid. Depending on the error, Latchkey refuses the request, ignores the
   * value, or ignores some of the groups in the value.
   */
  readonly code?: ErrorCode | undefined;
}

/** Shows how the options `unguardedPaths` and `sharedPaths` apply to a request target. */
export interface ExplainedTarget {
  readonly target: string;
  /** True if Latchkey accepts identity headers with this spelling of the target. */
  readonly canonical: boolean;
  readonly unguarded: boolean;
  readonly shared: boolean;
}

/** The result of each check that `identify` makes, and its final decision. */
export interface IdentityExplanation {
  readonly peer: {
    /** The address is absent for a unix socket. */
    readonly address?: string | undefined;
    readonly trusted: boolean;
  };
  readonly target: ExplainedTarget;
  /**
   * `held` is true if the request has the required secret. `assumed` is true if a secret is required but the request
   * has none. In that case, the explanation assumes that the proxy sent the secret. So administrators can ask for an
   * explanation without knowing the secret.
   */
  readonly proxySecret: { readonly required: boolean; readonly held: boolean; readonly assumed: boolean };
  readonly headers: readonly ExplainedHeader[];
  /**
   * Either the code of the refusal, or the assertion and the fields that were left out of it. The object is empty if
   * the headers assert no user.
   */
  readonly verdict: Asserted | { readonly code: ErrorCode };
}

/** The parts from which `identify` is built. */
interface Parts {
  readonly plan: HeaderPlan;
  readonly secret: ProxySecret | undefined;
  readonly classify: Classify;
  readonly checkSubject: (subject: string) => unknown;
  readonly paths: PathRules;
  readonly trustsAddress: (address: string | undefined) => boolean;
  /** Makes the same decision as `identify`, but takes the peer's address instead of a socket. */
  readonly decide: (request: {
    readonly rawHeaders: readonly string[];
    readonly url: string;
    readonly address: string | undefined;
    readonly assumeSecret: boolean;
  }) => Identification;
}

/** The result of a check that did not throw. */
type Judged = Reading<unknown> | Partial<GroupsReading>;

/** Creates the explainer from the same parts that decide about real requests. */
export function identityExplainer(parts: Parts): (question: IdentityQuestion) => IdentityExplanation {
  const { plan, secret, classify, checkSubject, paths, trustsAddress, decide } = parts;

  /**
   * The checks for single values. A check throws if Latchkey refuses requests with this value. A check returns an error
   * code if Latchkey only leaves out the value.
   */
  const checks: Readonly<Record<'user' | 'name' | 'email' | 'groups', (wire: string) => Judged>> = {
    user(wire) {
      // An empty user header asserts no user, which is not an error.
      if (wire !== '') checkSubject(decodeText(wire, plan.encoding));
      return {};
    },
    name: (wire) => readDisplayName(wire, plan.encoding),
    email: (wire) => readEmail(wire, plan.encoding),
    groups: (wire) => parseGroups([wire], plan.groupFormat, plan.encoding),
  };

  function explained(name: string, wire: string, again: boolean): ExplainedHeader | undefined {
    const kind = classify(name);
    if (kind === 'other' || kind === 'connection') return undefined;
    const duplicate: ErrorCode | undefined = again ? 'ERR_HEADER_DUPLICATE' : undefined;
    if (kind === 'secret') {
      const code = duplicate ?? (secret?.matches(wire) ? undefined : 'ERR_PROXY_SECRET');
      return { name, kind, code };
    }
    // A secret that was sent under a misspelled header name is still a secret, so its value is not shown.
    const secretAlike = kind === 'alias' && secret !== undefined && foldedName(name) === foldedName(secret.header);
    const value = secretAlike ? undefined : outcome(() => decodeText(wire, plan.encoding)).value;
    const code = kind === 'alias' ? 'ERR_HEADER_ALIAS' : (duplicate ?? against(() => checks[kind](wire)));
    return { name, kind, value, code };
  }

  return ({ headers, peer, target }) => {
    const address = peer === 'unix' ? undefined : (plainAddress(peer)?.address ?? peer);
    const fields = headers.map(([name, value]) => [name, onTheWire(value, plan.encoding)] as const);
    const seen = new Set<HeaderClass>();
    const shown: ExplainedHeader[] = [];
    let held = false;
    for (const [name, wire] of fields) {
      const kind = classify(name);
      const header = explained(name, wire, seen.has(kind) && !(kind === 'groups' && plan.groupsRepeat));
      seen.add(kind);
      if (header === undefined) continue;
      shown.push(header);
      if (kind === 'secret') held = header.code === undefined;
    }
    const assumed = secret !== undefined && !seen.has('secret');
    const request = { rawHeaders: fields.flat(), url: target, address, assumeSecret: assumed };
    const { value, code } = outcome(() => decide(request));
    return {
      peer: { address, trusted: trustsAddress(address) },
      target: explainedTarget(target, paths),
      proxySecret: { required: secret !== undefined, held, assumed },
      headers: shown,
      verdict: code === undefined ? assertionOf(value) : { code },
    };
  };
}

/** Returns how the options `unguardedPaths` and `sharedPaths` apply to a request target. */
export function explainedTarget(target: string, paths: PathRules): ExplainedTarget {
  const kind = paths.kindOf(target);
  return { target, canonical: paths.accepts(target), unguarded: kind === 'unguarded', shared: kind === 'shared' };
}

/**
 * Converts text to the form in which Node returns header values: one character per byte, without surrounding spaces.
 */
function onTheWire(value: string, encoding: TextEncoding): string {
  const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
  return encoding === 'latin-1' ? trimmed : Buffer.from(trimmed).toString('latin1');
}

function assertionOf(identification: Identification | undefined): Asserted {
  if (identification === undefined) return {};
  const { unguarded: _, shared: __, ...asserted } = identification;
  return asserted;
}

function against(check: () => Judged): ErrorCode | undefined {
  const { value, code } = outcome(check);
  return code ?? (value !== undefined && 'code' in value ? value.code : undefined);
}

/** Runs a step, and returns its value or the code of its error. */
function outcome<Value>(step: () => Value): {
  readonly value?: Value | undefined;
  readonly code?: ErrorCode | undefined;
} {
  try {
    return { value: step() };
  } catch (error) {
    if (error instanceof LatchkeyError) return { code: error.code };
    throw error;
  }
}
