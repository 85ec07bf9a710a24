// The client of Latchkey's HTTP API. All URLs are relative to the page.

import type { DevicesResponse, RenameDeviceRequest, WireDevice } from '../../../vocabulary/wire/device-json.js';
import type { LogoutResponse, MeResponse } from '../../../vocabulary/wire/login-json.js';
import type {
  ApprovePairingRequest,
  VerificationRequest,
  VerificationResponse,
  WirePairing,
} from '../../../vocabulary/wire/pairing-json.js';
import type { ProblemResponse } from '../../../vocabulary/wire/problem-json.js';

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
  /** The number of seconds in the header `Retry-After`, or 0 if the answer has no such header. */
  readonly retryAfter: number;
  /** The error code in the answer, or `''` if the answer has none. */
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
  /** A signal that aborts the request. An aborted request fails as if the browser were offline. */
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
      // When the proxy's session has ended, the proxy redirects to a login page on another origin. If fetch followed
      // the redirect, the request would fail as if the browser were offline.
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
  const problem = json ? ((await response.json().catch(() => ({}))) as Partial<ProblemResponse>) : {};
  const { title, code } = problem;
  const kind = code === undefined ? undefined : kinds[code];
  return new Problem(kind ?? kindOf(response.status, title), title, retryAfter, code);
}

function kindOf(status: number, title: string | undefined): ProblemKind {
  if (status === 404) return 'unknown';
  if (status === 429) return 'throttled';
  if (status >= 500) return 'unavailable';
  return title === undefined ? 'unexpected' : 'refused';
}

/** The problems that are recognized by their error code, because their HTTP status alone is ambiguous. */
const kinds: { readonly [Code in ProblemResponse['code']]?: ProblemKind } = {
  ERR_MATCH_NUMBER: 'mismatch',
  ERR_PAIRING_ENDED: 'ended',
  ERR_PAIRING_LIMIT: 'limit',
  ERR_ROLE_REQUIRED: 'forbidden',
  ERR_THROTTLED: 'throttled',
};

const segment = encodeURIComponent;

function verify<Answer>(action: VerificationRequest['action'], code: string): Promise<Answer> {
  return call('POST', 'device/verification', { action, user_code: code } satisfies VerificationRequest);
}

export const api = {
  me: () => call<MeResponse>('GET', 'me'),
  logOut: () => call<LogoutResponse | undefined>('POST', 'logout'),
  openPairing: () => call<WirePairing>('POST', 'pairings'),
  pairing: (id: string) => call<WirePairing>('GET', `pairings/${segment(id)}`),
  cancelPairing: (id: string) => call<WirePairing | undefined>('DELETE', `pairings/${segment(id)}`),
  approve: (id: string, number: string) =>
    call<WirePairing>('POST', `pairings/${segment(id)}/approve`, {
      match_number: number,
    } satisfies ApprovePairingRequest),
  deny: (id: string) => call<WirePairing>('POST', `pairings/${segment(id)}/deny`),
  lookUpUserCode: (code: string) => verify<VerificationResponse>('lookup', code),
  approveUserCode: (code: string) => verify<WirePairing>('approve', code),
  denyUserCode: (code: string) => verify<VerificationResponse>('deny', code),
  qrPath: (id: string) => `pairings/${segment(id)}/qr.svg`,
  eventsPath: (id: string) => `pairings/${segment(id)}/events`,
  devices: async () => (await call<DevicesResponse>('GET', 'devices')).devices,
  rename: (id: string, name: string) =>
    call<WireDevice>('PATCH', `devices/${segment(id)}`, { name } satisfies RenameDeviceRequest),
  revoke: (id: string) => call<unknown>('DELETE', `devices/${segment(id)}`),
  revokeOthers: (id: string) => call<unknown>('DELETE', `devices?except=${segment(id)}`),
  revokeAll: () => call<unknown>('DELETE', 'devices'),
};
