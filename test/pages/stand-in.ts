// A stand-in for the API, with which a test can bring a page into any state. It serves the real pages and assets. The
// end-to-end tests check that the real API answers in the same way.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import QRCode from 'qrcode';
import type { AdminFeatures } from '../../src/pages/browser/admin/admin-features.js';
import { type PagesOptions, pages } from '../../src/pages/pages.js';
import type { MeResponse } from '../../src/vocabulary/wire/login-json.js';
import type { VerificationResponse } from '../../src/vocabulary/wire/pairing-json.js';
import type { PageName } from '../../src/vocabulary/words.js';
import { aClaim, device, newPairing, type StandInClaim, type StandInDevice, type StandInPairing } from './samples.js';
import { type StandInAdmin, standInAdmin } from './stand-in-admin.js';
import type { Answered } from './stand-in-answers.js';

export interface StandIn {
  /** The URL of the pages, without a trailing slash. */
  readonly mount: string;
  readonly devices: StandInDevice[];
  /** The data of the API for administrators. */
  readonly admin: StandInAdmin;
  /** `GET me`; `undefined` answers 401. */
  me: Partial<MeResponse> | undefined;
  /** The pairing opened last, in the browser or device flow. */
  readonly pairing: StandInPairing;
  /** Values of the next pairing that differ from the default. */
  next: Partial<StandInPairing>;
  /** The user codes of waiting devices. */
  readonly userCodes: Map<string, StandInClaim>;
  /** Whether the proxy's login continues after a logout. */
  proxyLogin: boolean;
  /** The host's own style sheet, served at `/brand.css`. */
  stylesheet: string;
  /** Every request so far, as `METHOD path`. */
  readonly requests: readonly string[];
  /** The bodies of all writes so far, in order. */
  readonly bodies: readonly Record<string, unknown>[];
  /** From now on, answers matching requests (`METHOD path`) with this status. 302 redirects to another site's login. */
  refuse(asked: RegExp, status: number, title?: string, code?: string, retryAfter?: number): void;
  /** Delays the response to matching requests until the returned function is called. */
  hold(asked: RegExp): () => void;
  /** Ends `refuse`. */
  allow(): void;
  /** Changes the pairing, and sends the change on every stream. */
  become(change: Partial<StandInPairing>): void;
  /** Breaks every stream. */
  drop(): void;
  /** A device uses the code of a pairing that needs approval. Its number is 42. */
  claim(claim?: Partial<StandInClaim>): void;
  /** A device redeems the code. */
  redeem(id: string, name: string): void;
  stop(): Promise<void>;
}

type Answer = readonly [status: number, body: unknown];

/** Serves the pages under `mount`, on a free port of loopback. */
export async function startStandIn(
  mount = '/auth',
  options: PagesOptions = {},
  features?: AdminFeatures | undefined,
): Promise<StandIn> {
  const built = pages(options, undefined, features);
  const requests: string[] = [];
  const bodies: Record<string, unknown>[] = [];
  const refusals: { asked: RegExp; status: number; title: string; code?: string; retryAfter?: number }[] = [];
  const streams = new Set<ServerResponse>();
  const devices: StandInDevice[] = [];
  const userCodes = new Map<string, StandInClaim>();
  const me: MeResponse = { subject: 'ada', display_name: 'Ada Lovelace', roles: [], method: 'header' };
  let pairing: StandInPairing | undefined;
  let held: { readonly asked: RegExp; readonly over: Promise<void> } | undefined;

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.slice(mount.length + 1);
    const asked = `${request.method} ${path}${url.search}`;
    requests.push(asked);
    const body = await bodyOf(request);
    if (held?.asked.test(asked)) await held.over;
    if (request.method !== 'GET') bodies.push(body);
    const refusal = refusals.find((rule) => rule.asked.test(asked));
    if (refusal?.status === 302) {
      response.writeHead(302, { Location: 'https://login.example.com/' }).end();
      return;
    }
    if (refusal) {
      if (refusal.retryAfter !== undefined) response.setHeader('Retry-After', refusal.retryAfter);
      return json(response, refusal.status, { title: refusal.title, code: refusal.code });
    }
    if (serveFile(path, url.pathname, request, response)) return;
    if (standIn.me === undefined) return json(response, 401, { title: 'Not logged in' });
    if (path.startsWith('admin/')) {
      const { method = '', headers } = request;
      return send(response, standIn.admin.answer({ method, path, query: url.searchParams, headers, body }));
    }
    if (path.endsWith('/events') || path.endsWith('/qr.svg')) return servePairing(path, response);
    json(response, ...answerCall(asked, path, body));
  }

  function serveFile(path: string, whole: string, request: IncomingMessage, response: ServerResponse): boolean {
    if (built.names.some((name) => name === path)) {
      const wanted = request.headers['accept-language']?.slice(0, 2) ?? '';
      const language = built.languages.includes(wanted) ? wanted : built.languages[0];
      const { html, csp } = built.page(path as PageName, language);
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': csp }).end(html);
      return true;
    }
    const asset =
      whole === '/brand.css'
        ? { type: 'text/css', body: standIn.stylesheet }
        : path.startsWith('assets/')
          ? built.asset(path.slice('assets/'.length))
          : undefined;
    if (asset === undefined) return false;
    response.writeHead(200, { 'Content-Type': asset.type, 'X-Content-Type-Options': 'nosniff' }).end(asset.body);
    return true;
  }

  async function servePairing(path: string, response: ServerResponse): Promise<void> {
    if (!path.startsWith(`pairings/${pairing?.id}/`)) return json(response, 404, { title: 'No such pairing' });
    if (path.endsWith('/qr.svg')) {
      const svg = await QRCode.toString(standIn.pairing.uri ?? '', { type: 'svg', margin: 4 });
      response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(svg);
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    streams.add(response);
    response.on('close', () => streams.delete(response));
    sendStatus(response, standIn.pairing);
  }

  function answerCall(asked: string, path: string, body: Record<string, unknown>): Answer {
    if (asked === 'GET me') return [200, standIn.me];
    if (asked === 'POST logout') return [200, standIn.proxyLogin ? { proxy_login: true } : {}];
    if (asked === 'POST pairings') {
      pairing = { ...newPairing(), ...standIn.next };
      return [201, pairing];
    }
    if (asked === 'POST device/verification') return verify(String(body['action']), String(body['user_code']));
    if (path === `pairings/${pairing?.id}` || path.startsWith(`pairings/${pairing?.id}/`)) {
      return answerPairing(asked, standIn.pairing, body);
    }
    if (path.startsWith('devices')) return answerDevices(asked, body);
    return [404, { title: 'Not found' }];
  }

  function answerPairing(asked: string, at: StandInPairing, body: Record<string, unknown>): Answer {
    if (asked.startsWith('GET')) return [200, at];
    const ended: Answer = [409, { title: 'This pairing has ended', code: 'ERR_PAIRING_ENDED' }];
    if (asked.startsWith('DELETE')) {
      if (!['open', 'claimed', 'approved'].includes(at.status)) return ended;
      standIn.become({ status: 'cancelled' });
      return [200, at];
    }
    if (at.status !== 'claimed') return ended;
    if (asked.endsWith('/deny')) standIn.become({ status: 'denied' });
    else if (body['match_number'] === '42') standIn.become({ status: 'approved' });
    else {
      const left = (at.tries_left ?? 3) - 1;
      standIn.become(left === 0 ? { status: 'denied' } : { tries_left: left });
      return [403, { title: 'Not the number that the app shows', code: 'ERR_MATCH_NUMBER' }];
    }
    return [200, at];
  }

  function verify(action: string, userCode: string): Answer {
    const claim = userCodes.get(userCode.replace(/[^a-z]/gi, '').toUpperCase());
    if (claim === undefined) return [404, { title: 'No such code', code: 'ERR_USER_CODE' }];
    const { id, expires_in, interval } = newPairing();
    const found: VerificationResponse = { status: 'open', expires_in, interval, claim };
    if (action === 'lookup') return [200, found];
    userCodes.clear();
    if (action === 'deny') return [200, { status: 'denied', expires_in: 0, interval } satisfies VerificationResponse];
    pairing = { id, expires_in, interval, status: 'approved', claim, ...standIn.next };
    return [200, pairing];
  }

  function answerDevices(asked: string, body: Record<string, unknown>): Answer {
    if (asked === 'GET devices') return [200, { devices }];
    const except = /except=(.*)$/.exec(asked)?.[1];
    const only = /devices\/(.*)$/.exec(asked)?.[1];
    const named = devices.find(({ id }) => id === (only ?? except));
    if ((only ?? except) !== undefined && named === undefined) return [404, { title: 'No such device' }];
    if (asked.startsWith('PATCH') && named) {
      named.name = String(body['name']);
      return [200, named];
    }
    const kept = devices.filter(({ id }) => (only === undefined ? id === except : id !== only));
    devices.splice(0, devices.length, ...kept);
    return [200, {}];
  }

  const standIn: StandIn = {
    mount: '',
    devices,
    admin: standInAdmin(),
    me,
    next: {},
    userCodes,
    proxyLogin: false,
    stylesheet: '',
    get pairing() {
      if (pairing === undefined) throw new Error('No pairing was opened');
      return pairing;
    },
    requests,
    bodies,
    refuse: (asked, status, title = 'Refused', code = undefined, retryAfter = undefined) =>
      void refusals.push({ asked, status, title, ...(code && { code }), ...(retryAfter && { retryAfter }) }),
    hold(asked) {
      const { promise, resolve } = withResolvers();
      held = { asked, over: promise };
      return resolve;
    },
    allow: () => void refusals.splice(0),
    become(change) {
      Object.assign(standIn.pairing, change);
      for (const stream of streams) sendStatus(stream, standIn.pairing);
    },
    drop() {
      for (const stream of streams) stream.destroy();
    },
    claim(claim) {
      for (const secret of ['code', 'code_expires_in', 'uri'] as const) delete standIn.pairing[secret];
      standIn.become({ status: 'claimed', claim: aClaim(claim), tries_left: 3 });
    },
    redeem(id, name) {
      devices.unshift(device(id, name));
      standIn.become({ status: 'redeemed', device: { id, name } });
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(standIn, { mount: `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount}` });
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function send(response: ServerResponse, { status, body, headers = {} }: Answered): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body === undefined || typeof body === 'string') response.writeHead(status).end(body);
  else json(response, status, body);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}

/** Sends the pairing's status. Ends the stream with the pairing, as the real API does. */
function sendStatus(stream: ServerResponse, pairing: StandInPairing): void {
  stream.write(`event: status\ndata: ${JSON.stringify(pairing)}\n\n`);
  if (!['open', 'claimed', 'approved'].includes(pairing.status)) stream.end();
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
}
