// Sends requests to the server's token endpoints (RFC 6749 §3.2) and interprets the answers.
import type {
  AuthorizationPendingResponse,
  OAuthErrorResponse,
  RevocationRequest,
  TokenRequest,
  TokenResponse,
} from '../vocabulary/wire/token-json.js';
import type { Unchecked } from '../vocabulary/wire/unchecked.js';
import { ClientError } from './client-error.js';
import type { Platform, PlatformBody, PlatformSignal, ResponseLike, SignalLike } from './platform.js';

/** An answer of the server. Outages (502, 503, 504) and redirects are thrown as errors instead. */
export interface Answer {
  readonly status: number;
  /** The parsed body, or an empty object if the body is not a JSON object. */
  readonly body: Unchecked<TokenResponse | AuthorizationPendingResponse | OAuthErrorResponse>;
  /** Whether the answer had no body at all. */
  readonly empty: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** The time by the server's clock, in milliseconds since the epoch. */
  readonly serverNow: number | undefined;
}

/** A form for the token endpoints. Members that are `undefined` are omitted. */
export type Form = TokenRequest | RevocationRequest;

/** Sends requests to the token endpoints. */
export interface TokenEndpoint {
  /**
   * Sends a form once.
   * @throws {ClientError} `ERR_NETWORK`, `ERR_UNAVAILABLE` (502, 503, 504), `ERR_REDIRECTED` or `ERR_ABORTED`.
   */
  send(url: string, form: Form, signal?: SignalLike): Promise<Answer>;
  /**
   * Sends a form, and sends it again while the network or the server is unavailable. The wait before a retry is one
   * second at first and doubles up to 30 seconds. If `Retry-After` is longer, the client waits that long. Use this
   * function only for requests that may be sent twice.
   * @throws {ClientError} The last error when the next wait would exceed `retrySeconds`.
   */
  persist(url: string, form: Form, signal?: SignalLike): Promise<Answer>;
}

/** The options of `tokenEndpoint`, in seconds. */
export interface TokenEndpointOptions {
  readonly timeoutSeconds: number;
  readonly retrySeconds: number;
}

const longestBackoffSeconds = 30;

/** Creates the token endpoint client for this platform. */
export function tokenEndpoint(platform: Platform, options: TokenEndpointOptions): TokenEndpoint {
  const { fetch, parseUrl, sleep, now, abortController } = platform;

  async function request(url: string, form: Form, signal: SignalLike): Promise<Answer> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: encoded(form) as PlatformBody,
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      signal: signal as PlatformSignal,
    });
    refuseRedirect(response, parseUrl(url)?.origin, parseUrl);
    const json = await response.text();
    const retryAfterSeconds = retryAfter(response, now());
    if (isUnavailable(response)) throw new ClientError('ERR_UNAVAILABLE', { retryAfterSeconds });
    return {
      status: response.status,
      body: parsed(json),
      empty: json === '',
      retryAfterSeconds,
      serverNow: serverNowOf(response),
    };
  }

  async function send(url: string, form: Form, signal?: SignalLike): Promise<Answer> {
    const work = abortController();
    const wait = abortController();
    const endWait = () => wait.abort();
    refuseAborted(signal);
    signal?.addEventListener('abort', endWait);
    // The promise `timeout` ends `Promise.race` on a timeout or an abort, even if `fetch` does not support signals.
    const timeout = sleep(options.timeoutSeconds * 1000, wait.signal).then(() => {
      work.abort();
      throw new ClientError('ERR_NETWORK');
    });
    timeout.catch(() => undefined);
    try {
      return await Promise.race([request(url, form, work.signal), timeout]);
    } catch (error) {
      refuseAborted(signal);
      throw error instanceof ClientError ? error : new ClientError('ERR_NETWORK', { cause: error });
    } finally {
      signal?.removeEventListener('abort', endWait);
      wait.abort();
    }
  }

  return {
    send,
    async persist(url, form, signal) {
      const begun = now();
      // The sum of the waits, in milliseconds, limits the retries even if the clock is set back.
      let waited = 0;
      for (let backoff = 1; ; backoff = Math.min(backoff * 2, longestBackoffSeconds)) {
        try {
          return await send(url, form, signal);
        } catch (error) {
          if (!isOutage(error)) throw error;
          const wait = Math.max(backoff, error.retryAfterSeconds ?? 0) * 1000;
          if (Math.max(waited, now() - begun) + wait > options.retrySeconds * 1000) throw error;
          await sleep(wait, signal);
          waited += wait;
          refuseAborted(signal);
        }
      }
    },
  };
}

/**
 * Returns `true` if the error is an outage of the network or the server. An outage does not mean that the code or the
 * token is invalid.
 */
export function isOutage(error: unknown): error is ClientError {
  return error instanceof ClientError && (error.code === 'ERR_NETWORK' || error.code === 'ERR_UNAVAILABLE');
}

/** Returns `true` if the status says that the server is unavailable: 502, 503 or 504. */
export function isUnavailable(response: ResponseLike): boolean {
  return response.status === 503 || response.status === 502 || response.status === 504;
}

/**
 * Refuses redirects, so that secrets do not reach another server. Browsers report a redirect that they did not follow
 * as a response of type `opaqueredirect`. In React Native, `fetch` follows redirects anyway. The URL of the response
 * then shows the redirect.
 * @throws {ClientError} `ERR_REDIRECTED` when the response is a redirect or comes from another origin.
 */
export function refuseRedirect(
  response: ResponseLike,
  origin: string | undefined,
  parseUrl: Platform['parseUrl'],
): void {
  const redirect = response.type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(response.status);
  const elsewhere = Boolean(response.url) && parseUrl(response.url)?.origin !== origin;
  if (redirect || elsewhere) throw new ClientError('ERR_REDIRECTED');
}

/**
 * Returns the number of seconds to wait according to `Retry-After`. The header contains a number of seconds or a date
 * (RFC 9110 §10.2.3).
 */
export function retryAfter(response: ResponseLike, now: number): number | undefined {
  const value = response.headers.get('Retry-After')?.trim();
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

/**
 * Returns the time in the header `Date` (RFC 9110 §6.6.1), in milliseconds since the epoch. Browsers hide this header
 * from pages of other origins.
 */
export function serverNowOf(response: ResponseLike): number | undefined {
  const at = Date.parse(response.headers.get('Date') ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Converts a refusal to an error (RFC 6749 §5.2, RFC 8628 §3.5). */
export function refusal({ status, body, retryAfterSeconds }: Answer): ClientError {
  const { error } = body;
  if (error === 'slow_down' || status === 429) return new ClientError('ERR_THROTTLED', { retryAfterSeconds });
  // The token is valid, but its owner has no access at the moment.
  if (error === 'temporarily_unavailable' && status === 403) return new ClientError('ERR_SUSPENDED');
  // The code is valid, and will work after the user has revoked a device.
  if (error === 'invalid_grant' && status === 409) return new ClientError('ERR_DEVICE_LIMIT');
  if (error === 'invalid_grant') return new ClientError('ERR_CODE_REFUSED');
  if (error === 'access_denied') return new ClientError('ERR_DENIED');
  if (error === 'expired_token') return new ClientError('ERR_EXPIRED');
  if (error === 'unsupported_grant_type') return new ClientError('ERR_UNSUPPORTED');
  const understood = status >= 400 && status < 500 && typeof error === 'string';
  return new ClientError(understood ? 'ERR_REQUEST_REFUSED' : 'ERR_ANSWER');
}

export function refuseAborted(signal: SignalLike | undefined): void {
  if (signal?.aborted === true) throw new ClientError('ERR_ABORTED');
}

function encoded(form: Form): string {
  const members: readonly (readonly [string, string | undefined])[] = Object.entries(form);
  return members
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&');
}

/** Parses JSON. Does not throw the parser's error, because its message quotes the JSON, which may contain a token. */
function parsed(json: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
