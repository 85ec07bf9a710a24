// Sends forms to the server's token endpoints, at an address that answers.
import type { Addresses } from './addresses.js';
import { ClientError } from './client-error.js';
import { grantOf } from './grant.js';
import type { SignalLike } from './platform.js';
import { type Answer, type Form, refuseAborted, type TokenEndpoint } from './token-endpoint.js';

/** One form for the server. */
export interface ServerRequest {
  readonly issuer: string;
  /** The endpoint, relative to the issuer. */
  readonly path: 'token' | 'revoke';
  readonly form: Form;
  readonly signal?: SignalLike | undefined;
  /** If `true`, the client retries at the issuer's own address while the server is unavailable. */
  readonly persist?: boolean | undefined;
  /**
   * Returns `true` if an answer counts although it does not come from the issuer's own address, where a different
   * server might answer. Other answers are ignored, and the client sends the form to the issuer's own address.
   */
  readonly accepts: (answer: Answer) => boolean;
}

/** An answer, and whether it comes from the issuer's own address. */
export interface ServerAnswer {
  readonly answer: Answer;
  readonly own: boolean;
}

/** Sends a form to an address that answers. Throws the errors of `TokenEndpoint`. */
export type AskServer = (request: ServerRequest) => Promise<ServerAnswer>;

/** Creates an `AskServer` for the addresses of a server. */
export function serverEndpoint({
  addresses,
  endpoint,
}: {
  readonly addresses: Addresses;
  readonly endpoint: TokenEndpoint;
}): AskServer {
  return async ({ issuer, path, form, signal, persist = false, accepts }) => {
    const origin = await orAborted(addresses.find(issuer), signal);
    if (origin !== addresses.own(issuer)) {
      const url = addresses.endpoint(origin, issuer, path);
      const answer = await endpoint.send(url, form, signal).catch(unlessAborted);
      if (answer !== undefined && accepts(answer)) return { answer, own: false };
      addresses.avoid(origin, issuer);
    }
    const send = persist ? endpoint.persist : endpoint.send;
    return { answer: await send(`${issuer}/${path}`, form, signal), own: true };
  };
}

/** Accepts only a new token, because the refusal of a different server must not end a connection. */
export function isNewToken(answer: Answer): boolean {
  try {
    grantOf(answer);
    return answer.body.error === undefined;
  } catch {
    return false;
  }
}

/** The answers to a code with which Latchkey continues or ends a pairing (RFC 6749 §5.2, RFC 8628 §3.5). */
const decisions: readonly unknown[] = [
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'invalid_grant',
];

/** Accepts a token, or a decision in the form of Latchkey. All else can come from a gateway or a different server. */
export function isDecision(answer: Answer): boolean {
  return isNewToken(answer) || (answer.status === 400 && decisions.includes(answer.body.error));
}

/** Accepts only the success of a revocation, whose answer has no body (RFC 7009 §2.2). */
export function isRevoked({ status, empty }: Answer): boolean {
  return status === 200 && empty;
}

/** Waits for the promise. Rejects as soon as the signal is aborted, but does not end the work. */
function orAborted<Value>(promise: Promise<Value>, signal: SignalLike | undefined): Promise<Value> {
  refuseAborted(signal);
  return new Promise((resolve, reject) => {
    const abort = () => reject(new ClientError('ERR_ABORTED'));
    signal?.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', abort));
  });
}

function unlessAborted(error: unknown): undefined {
  if (error instanceof ClientError && error.code === 'ERR_ABORTED') throw error;
  return undefined;
}
