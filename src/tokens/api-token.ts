// Signs and verifies the API tokens of paired devices, which are JWTs.
import { hash } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Clock } from '../vocabulary/types.js';
import { days } from './days.js';
import type { KeyRing, RingKey } from './key-ring.js';
import { hasLowS, withLowS } from './low-s.js';
import { isSecureUrl } from './secure-url.js';
import { verifiedTokens } from './verified-tokens.js';

/** The content of a verified token. */
export interface VerifiedToken {
  readonly deviceId: string;
  /** The owner's subject. */
  readonly subject: string;
  /** The serial number of this token among the tokens of its device. */
  readonly serial: number;
  /**
   * The time at which the token expires, in milliseconds since the epoch. The token may become invalid earlier, for
   * example if its device is revoked.
   */
  readonly expiresAtMs: number;
}

/** Signs and verifies API tokens. The device's row decides whether a verified token is still accepted. */
export interface ApiTokens {
  /**
   * Signs a token for a device: `jti` is the device's id, `sub` is the owner's subject, and `client_id` is the app (RFC
   * 9068 §2.2).
   */
  mint(claims: {
    readonly deviceId: string;
    readonly subject: string;
    readonly clientId: string;
    /** The serial number of this token among the tokens of its device. Default: 1. */
    readonly serial?: number | undefined;
    readonly issuedAt: Date;
    readonly expiresAt: Date;
  }): string;
  /**
   * Verifies a token without I/O.
   * @throws {LatchkeyError} `ERR_TOKEN_INVALID` when this server did not sign exactly this token.
   * @throws {LatchkeyError} `ERR_TOKEN_EXPIRED` when the token has expired.
   */
  verify(token: string): VerifiedToken;
  /**
   * Returns `true` if the token claims to be from this server, according to its issuer or to its type and key. Does no
   * I/O. Only `verify` checks whether the token is genuine.
   */
  claimsToBeOurs(token: string): boolean;
  readonly issuer: string;
  readonly audience: string;
  /** Returns the expiry of a token that is issued at `issuedAt` to a device that was paired at `pairedAt`. */
  expiryOf(issuedAt: Date, pairedAt: Date): Date;
}

/** The options of `apiTokens`. */
export interface ApiTokenOptions {
  readonly keys: KeyRing;
  /** The https URL at which apps reach the token router (http is accepted only on loopback). */
  readonly issuer: string;
  /** Further issuers whose tokens are accepted. Default: none. */
  readonly formerIssuers?: readonly string[] | undefined;
  /** Default: the issuer. */
  readonly audience?: string | undefined;
  /** Default: 365. */
  readonly lifetimeDays?: number | undefined;
  /**
   * The number of days after the pairing at which all tokens of a device expire, even if they were renewed. Default: no
   * limit.
   */
  readonly maximumDays?: number | undefined;
  readonly now: Clock;
}

type Payload = jwt.JwtPayload & { readonly serial?: unknown; readonly client_id?: unknown };

const tokenType = 'at+jwt';
const maximumTokenLength = 4096;
const maximumLifetimeDays = 36_500;

/**
 * Creates the service for API tokens (RFC 7519, with the `typ` and claims of RFC 9068). The service caches up to 10,000
 * verified tokens by their hash, so that the next request of the same device needs no signature check.
 * @throws {LatchkeyError} `ERR_CONFIG` when the issuer, the audience or a lifetime is invalid.
 */
export function apiTokens(options: ApiTokenOptions): ApiTokens {
  const { keys, issuer, now } = options;
  const audience = options.audience ?? issuer;
  const { lifetimeDays = 365, maximumDays } = options;
  checkIssuer(issuer, 'tokens.issuer');
  const { formerIssuers = [] } = options;
  if (!Array.isArray(formerIssuers) || formerIssuers.includes(issuer)) {
    throw wrong('tokens.formerIssuers must be a list of URLs without the current issuer.');
  }
  for (const former of formerIssuers) checkIssuer(former, 'tokens.formerIssuers');
  const issuers: [string, ...string[]] = [issuer, ...formerIssuers];
  // If the option `audience` is not set, the audience of a token is the issuer of the token.
  const audiences: [string, ...string[]] = options.audience === undefined ? issuers : [audience];
  if (typeof audience !== 'string' || audience === '') throw wrong('tokens.audience must be a non-empty string.');
  if (typeof lifetimeDays !== 'number' || !(lifetimeDays > 0 && lifetimeDays <= maximumLifetimeDays)) {
    throw wrong(`tokens.lifetimeDays must be a number above 0 and at most ${maximumLifetimeDays}.`);
  }
  if (maximumDays !== undefined && !(typeof maximumDays === 'number' && maximumDays >= lifetimeDays)) {
    throw wrong('tokens.maximumDays must be a number, and not less than tokens.lifetimeDays.');
  }
  const lifetimeSeconds = Math.max(1, Math.floor(lifetimeDays * 86_400));
  const verified = verifiedTokens();

  function check(token: string): VerifiedToken {
    const key = keyFor(token, keys);
    let payload: jwt.JwtPayload | string;
    try {
      payload = jwt.verify(token, key.verificationKey, {
        algorithms: [key.algorithm],
        issuer: issuers,
        audience: audiences,
        clockTimestamp: Math.floor(now() / 1000),
      });
    } catch (error) {
      throw new LatchkeyError(error instanceof jwt.TokenExpiredError ? 'ERR_TOKEN_EXPIRED' : 'ERR_TOKEN_INVALID');
    }
    if (typeof payload === 'string') throw new LatchkeyError('ERR_TOKEN_INVALID');
    // Tokens that earlier versions of Latchkey signed have neither a serial number nor a client id.
    const { sub, jti, iat, exp, serial = 1, client_id: clientId }: Payload = payload;
    if (!isText(sub) || !isText(jti) || !isSerial(serial) || typeof iat !== 'number' || typeof exp !== 'number') {
      throw new LatchkeyError('ERR_TOKEN_INVALID');
    }
    if (clientId !== undefined && !isText(clientId)) throw new LatchkeyError('ERR_TOKEN_INVALID');
    // Tokens without a client id are from earlier versions of Latchkey, whose signatures may have a high or a low s.
    const twofold = key.algorithm === 'ES256' && clientId !== undefined && !hasLowS(token.split('.')[2] ?? '');
    if (twofold) throw new LatchkeyError('ERR_TOKEN_INVALID');
    return { deviceId: jti, subject: sub, serial, expiresAtMs: exp * 1000 };
  }

  return {
    issuer,
    audience,
    expiryOf: (issuedAt, pairedAt) =>
      new Date(Math.min(issuedAt.getTime() + lifetimeSeconds * 1000, pairedAt.getTime() + days(maximumDays))),
    mint({ deviceId, subject, clientId, serial = 1, issuedAt, expiresAt }) {
      const { algorithm, kid, signingKey } = keys.current;
      const payload = { client_id: clientId, serial, iat: wholeSeconds(issuedAt), exp: wholeSeconds(expiresAt) };
      const token = jwt.sign(payload, signingKey, {
        algorithm,
        header: { alg: algorithm, typ: tokenType, kid },
        issuer,
        audience,
        subject,
        jwtid: deviceId,
      });
      if (algorithm !== 'ES256') return token;
      const signatureAt = token.lastIndexOf('.') + 1;
      return token.slice(0, signatureAt) + withLowS(token.slice(signatureAt));
    },
    claimsToBeOurs(token) {
      const [first = '', second = '', ...rest] = token.split('.');
      if (rest.length !== 1) return false;
      const [header, payload] = [parsedObject(first), parsedObject(second)];
      const kid = header?.['kid'];
      const byKey = header?.['typ'] === tokenType && typeof kid === 'string' && keys.find(kid) !== undefined;
      return byKey || (header !== undefined && issuers.some((known) => known === payload?.['iss']));
    },
    verify(token) {
      if (typeof token !== 'string' || token.length > maximumTokenLength) throw new LatchkeyError('ERR_TOKEN_INVALID');
      const tokenHash = hash('sha256', token, 'base64');
      let claims = verified.get(tokenHash);
      if (claims === undefined) {
        claims = check(token);
        verified.add(tokenHash, claims);
      }
      if (now() >= claims.expiresAtMs) throw new LatchkeyError('ERR_TOKEN_EXPIRED');
      return claims;
    },
  };
}

/** Reads the header and selects the key, before the signature is checked. */
function keyFor(token: string, keys: KeyRing): RingKey {
  const parts = token.split('.');
  // The last character of base64url text may have unused bits. Only the canonical encoding is accepted, so that each
  // token has exactly one valid text form.
  const header = parts.length === 3 && parts.every(isCanonical) ? parsedObject(parts[0] ?? '') : undefined;
  const kid = header?.['kid'];
  // The header must have only the three members that Latchkey writes. So all other members are refused, for example
  // `crit` and `jwk`.
  const ours = typeof kid === 'string' && Object.keys(header ?? {}).length === 3;
  const key = ours ? keys.find(kid) : undefined;
  if (key === undefined || header?.['typ'] !== tokenType || header['alg'] !== key.algorithm) {
    throw new LatchkeyError('ERR_TOKEN_INVALID');
  }
  return key;
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function parsedObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function checkIssuer(issuer: string, name: string): void {
  if (!isSecureUrl(issuer)) {
    throw wrong(`${name} must be an https URL such as https://api.example.com/api/auth`);
  }
  // The URL of an issuer has neither a query nor a fragment (RFC 8414 §2).
  const { username, password } = new URL(issuer);
  if (username !== '' || password !== '' || /[?#]/.test(issuer)) {
    throw wrong(`${name} must be a URL without credentials, query or fragment.`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isSerial(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function wholeSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

function wrong(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail });
}
