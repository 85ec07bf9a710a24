// Polls until the user has approved or denied the connection in the browser (RFC 8628).
import type { DeviceCodeTokenRequest } from '../vocabulary/wire/token-json.js';
import { ClientError } from './client-error.js';
import type { Platform, SignalLike } from './platform.js';
import type { PendingApproval } from './stored-connection.js';
import { type Answer, isOutage, refuseAborted } from './token-endpoint.js';

const deviceCodeGrant: DeviceCodeTokenRequest['grant_type'] = 'urn:ietf:params:oauth:grant-type:device_code';
const slowDownSeconds = 5;
const longestWaitSeconds = 60;

/** The parameters of the polls. */
export interface ApprovalQuestion {
  /** Sends a form to the server once. */
  readonly send: (form: DeviceCodeTokenRequest, signal: SignalLike | undefined) => Promise<Answer>;
  /** The members that the client sends in addition to the device code. */
  readonly form: Omit<DeviceCodeTokenRequest, 'grant_type' | 'device_code'>;
  readonly pending: PendingApproval;
  readonly signal: SignalLike | undefined;
}

/**
 * Polls at the server's interval until the answer is neither `authorization_pending` nor `slow_down` (RFC 8628 §3.4).
 * Returns this answer, even if it is a refusal.
 * @throws {ClientError} `ERR_EXPIRED`, `ERR_ABORTED` or `ERR_REDIRECTED`.
 */
export async function awaitApproval(
  platform: Pick<Platform, 'sleep' | 'now'>,
  { send, form, pending, signal }: ApprovalQuestion,
): Promise<Answer> {
  const request: DeviceCodeTokenRequest = {
    ...form,
    grant_type: deviceCodeGrant,
    device_code: pending.deviceCode,
  };
  let intervalSeconds = pending.intervalSeconds;
  let waitSeconds = intervalSeconds;
  const lifetimeSeconds = (pending.expiresAt - platform.now()) / 1000;
  let waited = 0;
  for (;;) {
    await platform.sleep(waitSeconds * 1000, signal);
    waited += waitSeconds;
    refuseAborted(signal);
    let answer: Answer | undefined;
    try {
      answer = await send(request, signal);
      const { error } = answer.body;
      if (error === 'slow_down') intervalSeconds += slowDownSeconds;
      else if (error !== 'authorization_pending') return answer;
      waitSeconds = Math.max(intervalSeconds, answer.retryAfterSeconds ?? 0);
    } catch (error) {
      if (!isOutage(error)) throw error;
      // The client waits longer after each failure (RFC 8628 §3.5), and returns to the interval as soon as the server
      // answers.
      waitSeconds = Math.max(
        Math.min(waitSeconds * 2, longestWaitSeconds),
        intervalSeconds,
        error.retryAfterSeconds ?? 0,
      );
    }
    // The server decides whether the code has expired, so the client checks the expiry only after a poll. After an
    // answer, the client checks only the sum of its waits, because the app's clock might have been changed in the
    // meantime.
    const over = answer === undefined && platform.now() >= pending.expiresAt;
    if (over || waited >= lifetimeSeconds) throw new ClientError('ERR_EXPIRED');
    waitSeconds = Math.min(waitSeconds, Math.max(1, Math.ceil(lifetimeSeconds - waited)));
  }
}
