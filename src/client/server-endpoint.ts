// Sends forms to the server's token endpoints, at an address that answers.
import type { Addresses } from './addresses.js';
import { ClientError } from './client-error.js';
import type { SignalLike } from './platform.js';
import type { Answer, Form, TokenEndpoint } from './token-endpoint.js';

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
    const origin = await addresses.find(issuer);
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
export function isNewToken({ status, body }: Answer): boolean {
  return status === 200 && typeof body.access_token === 'string';
}

/** Accepts each decision on a code. A refusal ends no connection, because there is none yet. */
export function isDecision(answer: Answer): boolean {
  const { status, body } = answer;
  return isNewToken(answer) || (status >= 400 && status < 500 && typeof body.error === 'string');
}

/** Accepts only the success of a revocation, whose answer has no body (RFC 7009 §2.2). */
export function isRevoked({ status }: Answer): boolean {
  return status === 200;
}

function unlessAborted(error: unknown): undefined {
  if (error instanceof ClientError && error.code === 'ERR_ABORTED') throw error;
  return undefined;
}
