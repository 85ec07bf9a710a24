// The client of Latchkey's HTTP API. Its URLs are relative to the page.

/** The answer of `GET me`. */
export interface Me {
  readonly subject: string;
  readonly display_name?: string | undefined;
  readonly email?: string | undefined;
}

/** The device that requests access, as described by its app and its address. */
export interface Claim {
  readonly device_name: string;
  readonly client_id: string;
  readonly app_version?: string | undefined;
  readonly platform?: string | undefined;
  readonly address: string;
  /** Seconds since the request. */
  readonly age: number;
}

/** The answer of `POST pairings` and `GET pairings/:id`, and the data of `status` events. Durations are in seconds. */
export interface Pairing {
  readonly id: string;
  readonly status: 'open' | 'claimed' | 'approved' | 'redeemed' | 'denied' | 'expired' | 'burned' | 'cancelled';
  readonly code?: string | undefined;
  readonly code_expires_in?: number | undefined;
  readonly expires_in: number;
  readonly uri?: string | undefined;
  readonly interval?: number | undefined;
  readonly claim?: Claim | undefined;
  /** The number of tries left before the pairing is denied. */
  readonly tries_left?: number | undefined;
  readonly device?: { readonly id: string; readonly name: string } | undefined;
}

/** The answer to the lookup of a user code. */
export interface Lookup {
  readonly expires_in: number;
  readonly claim: Claim;
}

/** A device in the answer of `GET devices`. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly client_id: string;
  readonly app_version?: string | undefined;
  readonly platform?: string | undefined;
  readonly paired_by: 'code' | 'qr' | 'user-code';
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at?: string | null | undefined;
  readonly last_address?: string | null | undefined;
}

/** The kinds of problems that the pages distinguish. */
export type ProblemKind =
  | 'login'
  | 'forbidden'
  | 'offline'
  | 'unavailable'
  | 'limit'
  | 'throttled'
  | 'ended'
  | 'mismatch'
  | 'unknown'
  | 'refused'
  | 'unexpected';

/** The error of a failed API call. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** The `Retry-After` of the answer in seconds, or 0. */
  readonly retryAfter: number;
  /** The error code in the answer, or `''`. */
  readonly code: string;

  constructor(kind: ProblemKind, message = '', retryAfter = 0, code = '') {
    super(message);
    this.kind = kind;
    this.retryAfter = retryAfter;
    this.code = code;
  }
}

/** Converts any error to a `Problem`. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('unexpected');
}

/** Further options of a call. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Aborts the request, which then fails as if the browser were offline. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls the API.
 *
 * @throws {Problem} When the call fails.
 */
export async function call<T>(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // When its session has ended, the proxy redirects to a login page on another origin. If fetch followed the
      // redirect, the request would fail as if the browser were offline.
      redirect: 'manual',
      cache: 'no-store',
      headers: {
        Accept: 'application/json',
        ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      signal: options.signal ?? null,
    });
  } catch {
    throw new Problem('offline');
  }
  if (response.type === 'opaqueredirect' || response.status === 401) throw new Problem('login');
  const json = /^application\/(problem\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
  if (!response.ok) throw await refusal(response, json);
  if (response.status === 204) return undefined as T;
  // Some proxies answer with a login page and status 200 instead of a redirect.
  if (!json) throw new Problem('login');
  return (await response.json()) as T;
}

async function refusal(response: Response, json: boolean): Promise<Problem> {
  const retryAfter = Number(response.headers.get('Retry-After')) || 0;
  const problem = json ? ((await response.json().catch(() => ({}))) as { title?: string; code?: string }) : {};
  const { title, code } = problem;
  return new Problem(kinds[code ?? ''] ?? kindOf(response.status, title), title, retryAfter, code);
}

function kindOf(status: number, title: string | undefined): ProblemKind {
  if (status === 404) return 'unknown';
  if (status === 429) return 'throttled';
  if (status >= 500) return 'unavailable';
  return title === undefined ? 'unexpected' : 'refused';
}

/** The kinds of problems that are identified by an error code, because the status alone is ambiguous. */
const kinds: Readonly<Record<string, ProblemKind>> = {
  ERR_MATCH_NUMBER: 'mismatch',
  ERR_PAIRING_ENDED: 'ended',
  ERR_PAIRING_LIMIT: 'limit',
  ERR_ROLE_REQUIRED: 'forbidden',
  ERR_THROTTLED: 'throttled',
};

const verification = 'device/verification';
const segment = encodeURIComponent;

export const api = {
  me: () => call<Me>('GET', 'me'),
  logOut: () =>
    call<{ readonly logout_url?: string | undefined; readonly proxy_login?: boolean | undefined } | undefined>(
      'POST',
      'logout',
    ),
  openPairing: () => call<Pairing>('POST', 'pairings'),
  pairing: (id: string) => call<Pairing>('GET', `pairings/${segment(id)}`),
  cancelPairing: (id: string) => call<Pairing | undefined>('DELETE', `pairings/${segment(id)}`),
  approve: (id: string, number: string) =>
    call<Pairing>('POST', `pairings/${segment(id)}/approve`, { match_number: number }),
  deny: (id: string) => call<Pairing>('POST', `pairings/${segment(id)}/deny`),
  lookUpUserCode: (code: string) => call<Lookup>('POST', verification, { action: 'lookup', user_code: code }),
  approveUserCode: (code: string) => call<Pairing>('POST', verification, { action: 'approve', user_code: code }),
  denyUserCode: (code: string) => call<unknown>('POST', verification, { action: 'deny', user_code: code }),
  qrPath: (id: string) => `pairings/${segment(id)}/qr.svg`,
  eventsPath: (id: string) => `pairings/${segment(id)}/events`,
  devices: async () => (await call<{ readonly devices: readonly Device[] }>('GET', 'devices')).devices,
  rename: (id: string, name: string) => call<unknown>('PATCH', `devices/${segment(id)}`, { name }),
  revoke: (id: string) => call<unknown>('DELETE', `devices/${segment(id)}`),
  revokeOthers: (id: string) => call<unknown>('DELETE', `devices?except=${segment(id)}`),
  revokeAll: () => call<unknown>('DELETE', 'devices'),
};
