// The fingerprint of an assertion.
/// <reference lib="es2024.string" />
import { hash } from 'node:crypto';
import type { Assertion } from '../../vocabulary/types.js';

/**
 * SHA-256 over everything an assertion says, in hexadecimal. Each part is prefixed with its length, and what is absent
 * is told apart from what is empty, so two different assertions never share a digest.
 */
export function assertionDigest(assertion: Assertion): string {
  let text = part(assertion.subject) + part(assertion.displayName) + part(assertion.email);
  if (assertion.groups === undefined) text += '-';
  else {
    text += `${assertion.groups.length};`;
    for (const group of assertion.groups) text += part(group);
  }
  // UTF-8 would turn every lone surrogate into U+FFFD and make different texts alike.
  return hash('sha256', text.isWellFormed() ? text : Buffer.from(text, 'utf16le'), 'hex');
}

function part(value: string | undefined): string {
  return value === undefined ? '-' : `${value.length}:${value}`;
}
