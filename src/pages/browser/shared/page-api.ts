// The HTTP API that the page talks to, relative to the page's own address.

/** `GET me` */
export interface Me {
  readonly subject: string;
  readonly display_name?: string;
  readonly email?: string;
}

/** The device that asks to be let in, as its app and its address describe it. */
export interface Claim {
  readonly device_name: string;
  readonly client_id: string;
  readonly app_version?: string;
  readonly platform?: string;
  readonly address: string;
  /** Seconds since it asked. */
  readonly age: number;
}

/** `POST pairings`, `GET pairings/:id` and the data of `status` events; durations in seconds. */
export interface Pairing {
  readonly id: string;
  readonly status: 'open' | 'claimed' | 'approved' | 'redeemed' | 'denied' | 'expired' | 'burned' | 'cancelled';
  readonly code?: string;
  readonly code_expires_in?: number;
  readonly expires_in: number;
  readonly uri?: string;
  readonly interval?: number;
  readonly claim?: Claim;
  /** How many wrong numbers are left before it is denied. */
  readonly tries_left?: number;
  readonly device?: { readonly id: string; readonly name: string };
}

/** The answer to looking up a user code. */
export interface Lookup {
  readonly expires_in: number;
  readonly claim: Claim;
}

/** One of `GET devices`. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly client_id: string;
  readonly app_version?: string;
  readonly platform?: string;
  readonly paired_by: 'code' | 'qr' | 'user-code';
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at?: string | null;
  readonly last_address?: string | null;
}

/** What can go wrong, as far as the page tells it apart. */
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

/** Why a call to the API failed. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** Seconds that the server asked to wait; 0: it did not. */
  readonly retryAfter: number;
  /** The server's own code; `''`: it named none. */
  readonly code: string;

  constructor(kind: ProblemKind, message = '', retryAfter = 0, code = '') {
    super(message);
    this.kind = kind;
    this.retryAfter = retryAfter;
    this.code = code;
  }
}

/** Whatever was thrown, as a `Problem`. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('unexpected');
}

/** What some calls need besides. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Calls the request off; it then fails as if offline. */
  readonly signal?: AbortSignal;
}

/** Asks the API. Throws a `Problem`. */
export async function call<T>(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // A proxy whose session has ended redirects to its login page, elsewhere. Following would fail as if offline.
      redirect: 'manual',
      cache: 'no-store',
      headers: {
        Accept: 'application/json',
        ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch {
    throw new Problem('offline');
  }
  if (response.type === 'opaqueredirect' || response.status === 401) throw new Problem('login');
  const json = /^application\/(problem\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
  if (!response.ok) throw await refusal(response, json);
  if (response.status === 204) return undefined as T;
  // A login page with status 200: some proxies answer like this instead of redirecting.
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

/** What the status alone does not tell. */
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
  logOut: () => call<{ readonly logout_url?: string; readonly proxy_login?: boolean } | undefined>('POST', 'logout'),
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
