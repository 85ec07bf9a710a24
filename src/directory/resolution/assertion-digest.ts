// Computes the digest of an assertion.
/// <reference lib="es2024.string" />
import { hash } from 'node:crypto';
import type { Assertion } from '../../vocabulary/types.js';

// The reader of identity headers returns the same frozen assertion for the same header values. So the digest of a
// user's assertion is usually computed once, and not for each request.
const computed = new WeakMap<Assertion, string>();

/**
 * Returns the SHA-256 hash of all fields of an assertion, as 32 characters between U+0000 and U+00FF. This
 * string takes less memory than hexadecimal or base64url text. Two different assertions never have the same
 * digest, because each field is prefixed with its length and an absent field differs from an empty field.
 */
export function assertionDigest(assertion: Assertion): string {
  const known = computed.get(assertion);
  if (known !== undefined) return known;
  const digest = digestOf(assertion);
  // Objects that are not frozen might still change.
  if (Object.isFrozen(assertion) && Object.isFrozen(assertion.groups)) computed.set(assertion, digest);
  return digest;
}

function digestOf(assertion: Assertion): string {
  let text = part(assertion.subject) + part(assertion.displayName) + part(assertion.email);
  if (assertion.groups === undefined) text += '-';
  else {
    text += `${assertion.groups.length};`;
    for (const group of assertion.groups) text += part(group);
  }
  // UTF-8 would encode every lone surrogate as U+FFFD, so different strings would have the same bytes.
  return hash('sha256', text.isWellFormed() ? text : Buffer.from(text, 'utf16le'), 'binary');
}

function part(value: string | undefined): string {
  return value === undefined ? '-' : `${value.length}:${value}`;
}
