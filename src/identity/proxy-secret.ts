// Checks the shared secret, which proves that a request comes from the proxy.
import { hash, timingSafeEqual } from 'node:crypto';
import type { EveryMember } from '../vocabulary/every-member.js';
import { configError, refuseUnknownKeys } from './config-error.js';
import { headerName } from './presets.js';

/**
 * A secret that the proxy sends in a separate header. Configure the proxy to send this header only together with
 * identity headers.
 */
export interface ProxySecretOption {
  /** The name of the header. */
  readonly header: string;
  /**
   * The accepted values: one value, or the new and the old value during a rotation. Each value must have at least 16
   * characters.
   */
  readonly values: readonly [string] | readonly [string, string];
}

/** The compiled secret. */
export interface ProxySecret {
  /** The name of the header in lower case. */
  readonly header: string;
  /**
   * Returns whether this value is one of the accepted values. Takes constant time, so that the duration reveals nothing
   * about the accepted values.
   */
  matches(value: string | undefined): boolean;
}

const members: EveryMember<ProxySecretOption> = { header: true, values: true };
const minimumLength = 16;
const visibleAscii = /^[!-~]+$/;

/**
 * Compiles the option `proxySecret`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the option is invalid. The error never contains a value of the secret.
 */
export function proxySecret(option: unknown): ProxySecret {
  if (typeof option !== 'object' || option === null) {
    throw configError('proxySecret', 'an object { header, values }', typeof option);
  }
  refuseUnknownKeys('proxySecret', option, members);
  const { header, values } = option as EveryMember<ProxySecretOption, unknown>;
  if (!Array.isArray(values) || values.length < 1 || values.length > 2) {
    const seen = Array.isArray(values) ? `${values.length} of them` : typeof values;
    throw configError('proxySecret.values', 'a list of one value, or of two during rotation', seen);
  }
  const accepted = Array.from(values as readonly unknown[], (value) => {
    if (typeof value !== 'string' || !visibleAscii.test(value) || value.length < minimumLength) {
      const seen = typeof value === 'string' ? `one of ${value.length} characters` : typeof value;
      throw configError('proxySecret.values', `at least ${minimumLength} visible ASCII characters each`, seen);
    }
    return digest(value);
  });
  return {
    header: headerName('proxySecret.header', header),
    matches(value) {
      if (value === undefined) return false;
      const given = digest(value);
      let equal = false;
      // The loop has no early exit, because the timing must not reveal which of the two values matched.
      for (const known of accepted) equal = timingSafeEqual(given, known) || equal;
      return equal;
    },
  };
}

// timingSafeEqual requires values of equal length. Digests have the same length, whatever the client sent.
function digest(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}
