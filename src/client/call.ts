// Sends requests with the token, and only to the server that issued the token.
import type { ProblemResponse } from '../vocabulary/wire/problem-json.js';
import type { Unchecked } from '../vocabulary/wire/unchecked.js';
import type { Addresses } from './addresses.js';
import { ClientError } from './client-error.js';
import type { Platform, PlatformBody, PlatformSignal, ResponseLike } from './platform.js';
import { isUnavailable, refuseAborted, refuseRedirect, retryAfter } from './token-endpoint.js';

/** The options of a request, as for `fetch`. The client sets the header `Authorization`. */
export interface CallInit {
  /** Default: GET. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The body must not be a stream, because the client might send the request again with a renewed token. */
  readonly body?: PlatformBody | undefined;
  readonly signal?: PlatformSignal | undefined;
}

/**
 * Returns the path of a call. `target` is a path that begins with a slash, or an absolute URL.
 * @throws {ClientError} `ERR_FOREIGN_ORIGIN` when the target does not belong to one of the server's addresses.
 */
export function pathOf(
  target: string,
  issuer: string,
  { owns }: Pick<Addresses, 'owns'>,
  parseUrl: Platform['parseUrl'],
): string {
  const relative = target.startsWith('/');
  const url = relative ? parseUrl(target, issuer) : parseUrl(target);
  // The check and the request both use the parsed URL, so that both interpret `//host`, `/\host` and `user@host` in the
  // same way.
  if (url === undefined || !owns(url.origin, issuer) || url.username !== '' || url.password !== '') {
    throw new ClientError('ERR_FOREIGN_ORIGIN');
  }
  return url.href.slice(url.origin.length);
}

/** Returns `true` if the client may send a request again, because its method is idempotent (RFC 9110 §9.2.2). */
export function isRepeatable({ method = 'GET' }: CallInit): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(method.toUpperCase());
}

/**
 * Sends one request with this token.
 * @throws {ClientError} `ERR_NETWORK`, `ERR_UNAVAILABLE`, `ERR_REDIRECTED` or `ERR_ABORTED`.
 */
export async function sendWithToken(
  { fetch, parseUrl, now }: Platform,
  url: string,
  token: string,
  init: CallInit,
): Promise<ResponseLike> {
  const others = Object.entries(init.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization');
  let response: ResponseLike;
  refuseAborted(init.signal);
  try {
    response = await fetch(url, {
      method: init.method ?? 'GET',
      headers: { ...Object.fromEntries(others), Authorization: `Bearer ${token}` },
      ...(init.body === undefined ? {} : { body: init.body }),
      ...(init.signal === undefined ? {} : { signal: init.signal }),
      redirect: 'manual',
      credentials: 'omit',
    });
  } catch (error) {
    refuseAborted(init.signal);
    throw new ClientError('ERR_NETWORK', { cause: error });
  }
  refuseRedirect(response, parseUrl(url)?.origin, parseUrl);
  if (isUnavailable(response)) {
    throw new ClientError('ERR_UNAVAILABLE', { retryAfterSeconds: retryAfter(response, now()) });
  }
  return response;
}

/** The problem codes that mean that a token is no longer valid. */
const refusals: readonly ProblemResponse['code'][] = ['ERR_TOKEN_INVALID', 'ERR_TOKEN_EXPIRED', 'ERR_TOKEN_REVOKED'];

/**
 * Returns `true` if the response has the status 401 and says that the token is no longer valid (RFC 6750 §3.1). Any
 * other 401 response comes from a path that does not accept tokens, from a login proxy, or from a route of the host.
 */
export async function isTokenRefused(response: ResponseLike): Promise<boolean> {
  if (response.status !== 401) return false;
  const challenge = response.headers.get('WWW-Authenticate');
  if (challenge) return /\berror="?invalid_token\b/i.test(challenge);
  // Browsers hide the header `WWW-Authenticate` from pages of other origins. If the header is missing, the client
  // checks the code in the problem details (RFC 9457).
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const { code }: Unchecked<ProblemResponse> = problem ?? {};
  return refusals.some((refusal) => refusal === code);
}
