// Requests with the token, to the server that it belongs to and to no other.
import { ClientError } from './client-error.js';
import type { Platform, PlatformBody, PlatformSignal, ResponseLike } from './platform.js';
import { isUnavailable, refuseAborted, refuseRedirect, retryAfter } from './token-endpoint.js';

/** A request, as `fetch` takes it. `Authorization` is set here. */
export interface CallInit {
  /** Default: GET. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Not a stream: a request may have to be sent again with a renewed token. */
  readonly body?: PlatformBody | undefined;
  readonly signal?: PlatformSignal | undefined;
}

/**
 * The address of a call. `target` is a path that begins with a slash, or a whole URL.
 * @throws ERR_FOREIGN_ORIGIN unless it is on the issuer's origin.
 */
export function addressOf(target: string, issuer: string, parseUrl: Platform['parseUrl']): string {
  const origin = parseUrl(issuer)?.origin;
  const relative = target.startsWith('/');
  const url = relative ? parseUrl(target, issuer) : parseUrl(target);
  // Compared after parsing and sent as parsed: `//host`, `/\host` and `user@host` mean here what they mean to fetch.
  if (url === undefined || url.origin !== origin || url.username !== '' || url.password !== '') {
    throw new ClientError('ERR_FOREIGN_ORIGIN');
  }
  return url.href;
}

/**
 * Sends one request with this token.
 * @throws ERR_NETWORK, ERR_UNAVAILABLE, ERR_REDIRECTED, ERR_ABORTED.
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

/**
 * Whether a 401 says that the token no longer counts (RFC 6750 §3.1). Others do not concern the token: a path where
 * tokens are not read, a login proxy's answer, a route's own 401.
 */
export async function isTokenRefused(response: ResponseLike): Promise<boolean> {
  if (response.status !== 401) return false;
  const challenge = response.headers.get('WWW-Authenticate');
  if (challenge) return /\berror="?invalid_token\b/i.test(challenge);
  // Browsers hide the header from pages of other origins, so look at the problem's code (RFC 9457).
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const { code } = (problem ?? {}) as { code?: unknown };
  return code === 'ERR_TOKEN_INVALID' || code === 'ERR_TOKEN_EXPIRED' || code === 'ERR_TOKEN_REVOKED';
}
