// The two answers that lead on: a token, and "somebody must say yes in the browser first".
import { ClientError } from './client-error.js';
import type { ClientAccount, PendingApproval } from './stored-connection.js';
import { type Answer, refusal } from './token-endpoint.js';

/** A token answer (RFC 6749 §5.1). Renewals may leave out what has not changed. */
export interface Grant {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly deviceId: string | undefined;
  readonly account: ClientAccount | undefined;
}

// RFC 8628 §3.2 and §3.5.
const defaultIntervalSeconds = 5;

/**
 * The token of an answer.
 * @throws the refusal that the answer is, or ERR_ANSWER.
 */
export function grantOf(answer: Answer): Grant {
  if (answer.status !== 200) throw refusal(answer);
  const { access_token: token, token_type: type, expires_in: lifetime, device_id: device, account } = answer.body;
  // A token is sent in a header: whatever cannot be there is no token (RFC 6750 §2.1).
  const usable = typeof token === 'string' && /^[\w~+/.-]+=*$/.test(token) && /^bearer$/i.test(String(type));
  const expiresInSeconds = positive(lifetime);
  if (!usable || expiresInSeconds === undefined) throw new ClientError('ERR_ANSWER');
  return { token, expiresInSeconds, deviceId: text(device), account: accountOf(account) };
}

/** When a token was obtained and ends, by the app's clock (`now`) and by the server's. */
export function obtained(
  { serverNow }: Answer,
  { expiresInSeconds }: Grant,
  now: number,
): { readonly obtainedAt: number; readonly expiresAt: number; readonly obtainedAtServer?: number } {
  return {
    obtainedAt: now,
    expiresAt: now + expiresInSeconds * 1000,
    ...(serverNow === undefined ? {} : { obtainedAtServer: serverNow }),
  };
}

/** The wait that an answer asks for; `undefined` if it is another answer. */
export function pendingOf({ status, body }: Answer, now: number): PendingApproval | undefined {
  const { error, device_code: given, interval, expires_in: lifetime, match_number: number } = body;
  const deviceCode = text(given);
  const expiresInSeconds = positive(lifetime);
  if (status !== 400 || error !== 'authorization_pending') return undefined;
  if (deviceCode === undefined || expiresInSeconds === undefined) throw new ClientError('ERR_ANSWER');
  const matchNumber = typeof number === 'string' && /^\d{1,6}$/.test(number) ? number : undefined;
  return {
    deviceCode,
    intervalSeconds: Math.max(1, positive(interval) ?? defaultIntervalSeconds),
    expiresAt: now + expiresInSeconds * 1000,
    ...(matchNumber === undefined ? {} : { matchNumber }),
  };
}

function accountOf(value: unknown): ClientAccount | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { subject: given, display_name: name } = value as Record<string, unknown>;
  const subject = text(given);
  const displayName = text(name);
  return subject === undefined ? undefined : { subject, ...(displayName === undefined ? {} : { displayName }) };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 1e10 ? value : undefined;
}
