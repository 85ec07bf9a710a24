// Parses the two successful answers of the token endpoint: a token, or a pending approval.
import type { WireAccount } from '../vocabulary/wire/token-json.js';
import type { Unchecked } from '../vocabulary/wire/unchecked.js';
import { ClientError } from './client-error.js';
import type { ClientAccount, PendingApproval } from './stored-connection.js';
import { type Answer, refusal } from './token-endpoint.js';

/** An answer with a token (RFC 6749 §5.1). The answer to a renewal may omit members that have not changed. */
export interface Grant {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly deviceId: string | undefined;
  readonly account: ClientAccount | undefined;
}

// The default polling interval of RFC 8628 (§3.2 and §3.5).
const defaultIntervalSeconds = 5;

/**
 * Returns the token of an answer.
 * @throws {ClientError} The code of the refusal when the answer is a refusal, or `ERR_ANSWER` when the answer is
 * malformed.
 */
export function grantOf(answer: Answer): Grant {
  if (answer.status !== 200) throw refusal(answer);
  const { access_token: token, token_type: type, expires_in: lifetime, device_id: device, account } = answer.body;
  // The client will send the token in a header, so the token must contain only characters that are valid there (RFC
  // 6750 §2.1).
  const usable = typeof token === 'string' && /^[\w~+/.-]+=*$/.test(token) && /^bearer$/i.test(String(type));
  const expiresInSeconds = positive(lifetime);
  if (!usable || expiresInSeconds === undefined) throw new ClientError('ERR_ANSWER');
  return { token, expiresInSeconds, deviceId: optionalText(device), account: accountOf(account) };
}

/**
 * Returns the times at which the token was obtained and expires, by the app's clock (`now`). Also returns the time at
 * which it was obtained, by the server's clock.
 */
export function obtained(
  { serverNow }: Answer,
  { expiresInSeconds }: Grant,
  now: number,
): { readonly obtainedAt: number; readonly expiresAt: number; readonly obtainedAtServer?: number | undefined } {
  return {
    obtainedAt: now,
    expiresAt: now + expiresInSeconds * 1000,
    obtainedAtServer: serverNow,
  };
}

/**
 * Returns the pending approval if the answer says that an approval is pending, and `undefined` otherwise.
 * @throws {ClientError} `ERR_ANSWER` when the answer is malformed.
 */
export function pendingOf({ status, body }: Answer, now: number): PendingApproval | undefined {
  const { error, device_code: given, interval, expires_in: lifetime, match_number: number } = body;
  const deviceCode = optionalText(given);
  const expiresInSeconds = positive(lifetime);
  if (status !== 400 || error !== 'authorization_pending') return undefined;
  if (deviceCode === undefined || expiresInSeconds === undefined) throw new ClientError('ERR_ANSWER');
  const matchNumber = typeof number === 'string' && /^\d{1,6}$/.test(number) ? number : undefined;
  return {
    deviceCode,
    intervalSeconds: Math.max(1, positive(interval) ?? defaultIntervalSeconds),
    expiresAt: now + expiresInSeconds * 1000,
    matchNumber,
  };
}

function accountOf(value: unknown): ClientAccount | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { subject: given, display_name: name }: Unchecked<WireAccount> = value;
  const subject = optionalText(given);
  const displayName = optionalText(name);
  return subject === undefined ? undefined : { subject, displayName };
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 1e10 ? value : undefined;
}
