// Computes the digest of an assertion.
/// <reference lib="es2024.string" />
import { hash } from 'node:crypto';
import type { Assertion } from '../../vocabulary/types.js';

/**
 * Returns the SHA-256 of all fields of an assertion, in hexadecimal. Each field is prefixed with its length, and an
 * absent field is encoded differently from an empty one, so that two different assertions never share a digest.
 */
export function assertionDigest(assertion: Assertion): string {
  let text = part(assertion.subject) + part(assertion.displayName) + part(assertion.email);
  if (assertion.groups === undefined) text += '-';
  else {
    text += `${assertion.groups.length};`;
    for (const group of assertion.groups) text += part(group);
  }
  // UTF-8 would turn every lone surrogate into U+FFFD, so that different texts would have the same bytes.
  return hash('sha256', text.isWellFormed() ? text : Buffer.from(text, 'utf16le'), 'hex');
}

function part(value: string | undefined): string {
  return value === undefined ? '-' : `${value.length}:${value}`;
}
