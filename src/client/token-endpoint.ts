// Requests to the server's endpoints for apps (RFC 6749 §3.2), and what their answers mean.
import { ClientError } from './client-error.js';
import type { Platform, PlatformBody, PlatformSignal, ResponseLike, SignalLike } from './platform.js';

/** An answer: any status but those that say "try again" or "elsewhere". */
export interface Answer {
  readonly status: number;
  /** Empty where the body was no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;
  /** The server's clock, in milliseconds. */
  readonly serverNow: number | undefined;
}

/** The members of a form. `undefined` ones are left out. */
export type Form = Readonly<Record<string, string | undefined>>;

/** How requests are made. */
export interface TokenEndpoint {
  /**
   * Sends a form once. Throws ERR_NETWORK, ERR_UNAVAILABLE (502, 503, 504), ERR_REDIRECTED, ERR_ABORTED.
   */
  send(url: string, form: Form, signal?: SignalLike): Promise<Answer>;
  /**
   * The same, and again while the network or the server is away: after 1, 2, 4, … 30 s or as long as `Retry-After` says.
   * Only for what may be sent twice. Gives up with the last error when the next try would be past `retrySeconds`.
   */
  persist(url: string, form: Form, signal?: SignalLike): Promise<Answer>;
}

/** Its times, in seconds. */
export interface TokenEndpointOptions {
  readonly timeoutSeconds: number;
  readonly retrySeconds: number;
}

const longestBackoffSeconds = 30;

/** Makes requests by this platform. */
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
    const text = await response.text();
    const retryAfterSeconds = retryAfter(response, now());
    if (isUnavailable(response)) throw new ClientError('ERR_UNAVAILABLE', { retryAfterSeconds });
    return { status: response.status, body: parsed(text), retryAfterSeconds, serverNow: serverNowOf(response) };
  }

  async function send(url: string, form: Form, signal?: SignalLike): Promise<Answer> {
    const work = abortController();
    const wait = abortController();
    const endWait = () => wait.abort();
    refuseAborted(signal);
    signal?.addEventListener('abort', endWait);
    // However the wait ends, the request has ended with it: also with a fetch that knows no signals.
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
      // By the waits, too: a clock that is set back meanwhile must not make this go on for years.
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

/** Whether the network or the server is away, which says nothing about code or token. */
export function isOutage(error: unknown): error is ClientError {
  return error instanceof ClientError && (error.code === 'ERR_NETWORK' || error.code === 'ERR_UNAVAILABLE');
}

/** 503, and what gateways say for a server that is away. */
export function isUnavailable(response: ResponseLike): boolean {
  return response.status === 503 || response.status === 502 || response.status === 504;
}

/**
 * Secrets go where they were sent and nowhere else. Browsers show an unfollowed redirect as status 0; fetches that
 * followed it all the same (React Native) are found out by the response's address.
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

/** Seconds by `Retry-After`, given as seconds or as a date (RFC 9110 §10.2.3). */
export function retryAfter(response: ResponseLike, now: number): number | undefined {
  const text = response.headers.get('Retry-After')?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

/** The server's clock by `Date` (RFC 9110 §6.6.1), in milliseconds; pages of other origins are not shown it. */
export function serverNowOf(response: ResponseLike): number | undefined {
  const at = Date.parse(response.headers.get('Date') ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** What a refusal means (RFC 6749 §5.2, RFC 8628 §3.5). */
export function refusal({ status, body, retryAfterSeconds }: Answer): ClientError {
  const { error } = body as { error?: unknown };
  if (error === 'slow_down' || status === 429) return new ClientError('ERR_THROTTLED', { retryAfterSeconds });
  // Not the token is refused, but its owner at the moment.
  if (error === 'temporarily_unavailable' && status === 403) return new ClientError('ERR_SUSPENDED');
  // The code is good, and works once a device is revoked.
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
  return Object.entries(form)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&');
}

/** Without the parser's own error: it quotes the text, and the text may hold a token. */
function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
