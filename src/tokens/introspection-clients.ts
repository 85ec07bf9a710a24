// Which servers may ask what a token is worth.
import { hash, timingSafeEqual } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';

/** A server that may ask about tokens (RFC 7662). During rotation list it twice: with the new secret and the old one. */
export interface IntrospectionClient {
  /** Its name, 1 to 64 visible ASCII characters. */
  readonly clientId: string;
  /** At least 32 visible ASCII characters. */
  readonly secret: string;
}

/** The compiled clients. */
export interface IntrospectionClients {
  /** Whether one of them has this name and this secret, in a time that tells nothing about either. */
  match(clientId: string, secret: string): boolean;
}

const minimumLength = 32;
const maximumLength = 512;
const maximumClientIdLength = 64;
const visibleAscii = /^[!-~]+$/;

/** Compiles the option `tokens.introspection`. Throws `ERR_CONFIG`, which never holds a secret. */
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
      // No early end: how many clients there are, and which of them it was, is nobody's business.
      for (const known of accepted) {
        const named = timingSafeEqual(shown.clientId, known.clientId);
        matched = (timingSafeEqual(shown.secret, known.secret) && named) || matched;
      }
      return matched;
    },
  };
}

function checked(entry: unknown): { readonly clientId: Buffer; readonly secret: Buffer } {
  const members = typeof entry === 'object' && entry !== null ? Object.keys(entry).sort().join() : '';
  if (members !== 'clientId,secret') {
    throw wrong('tokens.introspection has an entry that is not { clientId, secret }.');
  }
  const { clientId, secret } = entry as { readonly clientId: unknown; readonly secret: unknown };
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

// timingSafeEqual wants equal lengths; digests have them, whatever was sent.
function digest(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}

function wrong(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail });
}
