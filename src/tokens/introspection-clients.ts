// Checks the names and secrets of the clients that may introspect tokens.
import { hash, timingSafeEqual } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { EveryMember } from '../vocabulary/every-member.js';

/**
 * A server that may introspect tokens (RFC 7662). To rotate the secret of a server, list the server twice: once with
 * the new secret, and once with the old secret.
 */
export interface IntrospectionClient {
  /** The name of the client: 1 to 64 visible ASCII characters. */
  readonly clientId: string;
  /** The secret of the client: 32 to 512 visible ASCII characters. */
  readonly secret: string;
}

/** The compiled introspection clients. */
export interface IntrospectionClients {
  /**
   * Returns `true` if one of the clients has this name and this secret. The duration of the call reveals nothing about
   * the name or the secret.
   */
  match(clientId: string, secret: string): boolean;
}

const members: EveryMember<IntrospectionClient> = { clientId: true, secret: true };
const minimumLength = 32;
const maximumLength = 512;
const maximumClientIdLength = 64;
const visibleAscii = /^[!-~]+$/;

/**
 * Validates and compiles the option `tokens.introspection`.
 * @throws {LatchkeyError} `ERR_CONFIG` when the option is invalid. The message never contains a secret.
 */
export function introspectionClients(clients: readonly IntrospectionClient[]): IntrospectionClients {
  const given: unknown = clients;
  if (!Array.isArray(given) || given.length === 0) {
    throw wrong('tokens.introspection must be a list of clients; omit it if no server introspects tokens.');
  }
  const accepted = given.map(checked);
  return {
    match(clientId, secret) {
      const shown = { clientId: digest(clientId), secret: digest(secret) };
      let matched = false;
      // The loop has no early exit, so that its duration does not reveal which client matched.
      for (const known of accepted) {
        const named = timingSafeEqual(shown.clientId, known.clientId);
        matched = (timingSafeEqual(shown.secret, known.secret) && named) || matched;
      }
      return matched;
    },
  };
}

function checked(entry: unknown): { readonly clientId: Buffer; readonly secret: Buffer } {
  const given = typeof entry === 'object' && entry !== null ? Object.keys(entry) : [];
  if (given.sort().join() !== Object.keys(members).sort().join()) {
    throw wrong('tokens.introspection has an entry that is not { clientId, secret }.');
  }
  const { clientId, secret } = entry as EveryMember<IntrospectionClient, unknown>;
  if (!isVisible(clientId) || clientId.length > maximumClientIdLength) {
    const expected = `expected 1 to ${maximumClientIdLength} visible ASCII characters`;
    throw wrong(`tokens.introspection has an entry with an invalid clientId; ${expected}.`);
  }
  if (!isVisible(secret) || secret.length < minimumLength || secret.length > maximumLength) {
    const expected = `${minimumLength} to ${maximumLength} visible ASCII characters`;
    throw wrong(`tokens.introspection: the secret of "${clientId}" is invalid; expected ${expected}.`);
  }
  return { clientId: digest(clientId), secret: digest(secret) };
}

function isVisible(value: unknown): value is string {
  return typeof value === 'string' && visibleAscii.test(value);
}

// `timingSafeEqual` needs inputs of equal length, and all SHA-256 digests have the same length.
function digest(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}

function wrong(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail });
}
