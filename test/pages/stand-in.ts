// test/pages: a stand-in for the API, so that each state of a page can be brought about at will. It serves the real
// pages and assets; whether the real API answers like this is the end-to-end tests' business.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import QRCode from 'qrcode';
import { pages } from '../../src/pages/pages.js';

export interface StandInDevice {
  id: string;
  name: string;
  client_id: string;
  paired_by: 'code' | 'qr';
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}

interface StandInPairing {
  id: string;
  status: string;
  code: string;
  code_expires_in: number;
  expires_in: number;
  uri: string;
  interval: number;
  device?: { id: string; name: string };
}

export interface StandIn {
  /** Of the page. */
  readonly url: string;
  readonly devices: StandInDevice[];
  /** `GET me`; `undefined` answers 401. */
  me: Record<string, unknown> | undefined;
  /** The pairing opened last. */
  readonly pairing: StandInPairing;
  /** What the next pairing has instead of the usual. */
  next: Partial<StandInPairing>;
  /** Every request so far, as `METHOD path`. */
  readonly requests: readonly string[];
  /** Answers such requests (`METHOD path`) with this status from now on; 302 leads to a login page elsewhere. */
  refuse(asked: RegExp, status: number, title?: string, code?: string): void;
  /** Ends `refuse`. */
  allow(): void;
  /** What happens to the pairing, told on every stream. */
  become(change: Partial<StandInPairing>): void;
  /** Breaks every stream. */
  drop(): void;
  /** A device redeems the code. */
  redeem(id: string, name: string): void;
  stop(): Promise<void>;
}

/** Serves the page under `mount`, on a free port of loopback. */
export async function startStandIn(mount = '/auth'): Promise<StandIn> {
  const built = pages();
  const requests: string[] = [];
  const refusals: { asked: RegExp; status: number; title: string; code?: string | undefined }[] = [];
  const streams = new Set<ServerResponse>();
  const devices: StandInDevice[] = [];
  const me: Record<string, unknown> = { subject: 'ada', display_name: 'Ada Lovelace', roles: [], method: 'header' };
  let pairing: StandInPairing | undefined;

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.slice(mount.length + 1);
    const asked = `${request.method} ${path}${url.search}`;
    requests.push(asked);
    const json = (status: number, body: unknown) => {
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
    };
    const refusal = refusals.find((rule) => rule.asked.test(asked));
    if (refusal?.status === 302) {
      response.writeHead(302, { Location: 'https://login.example.com/' }).end();
      return;
    }
    if (refusal) return json(refusal.status, { title: refusal.title, code: refusal.code });
    if (path === 'quick-connect') {
      const { html, csp } = built.page('quick-connect');
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': csp }).end(html);
      return;
    }
    const asset = path.startsWith('assets/') ? built.asset(path.slice('assets/'.length)) : undefined;
    if (asset) {
      response.writeHead(200, { 'Content-Type': asset.type, 'X-Content-Type-Options': 'nosniff' }).end(asset.body);
      return;
    }
    if (standIn.me === undefined) return json(401, { title: 'Not logged in' });
    if (asked === 'GET me') return json(200, standIn.me);
    if (asked === 'POST logout') return json(200, {});
    if (asked === 'POST pairings') {
      pairing = { ...newPairing(), ...standIn.next };
      return json(201, pairing);
    }
    if (path.startsWith('pairings/')) return answerPairing(asked, response, json);
    if (path.startsWith('devices')) return json(...answerDevices(asked, await bodyOf(request)));
    json(404, { title: 'Not found' });
  }

  async function answerPairing(
    asked: string,
    response: ServerResponse,
    json: (status: number, body: unknown) => void,
  ): Promise<void> {
    if (pairing === undefined || !asked.includes(` pairings/${pairing.id}`))
      return json(404, { title: 'No such pairing' });
    if (asked.startsWith('DELETE')) {
      standIn.become({ status: 'cancelled' });
      return json(200, pairing);
    }
    if (asked.endsWith('/qr.svg')) {
      const svg = await QRCode.toString(pairing.uri, { type: 'svg', margin: 4 });
      response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(svg);
      return;
    }
    if (!asked.endsWith('/events')) return json(200, pairing);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    streams.add(response);
    response.on('close', () => streams.delete(response));
    tell(response, pairing);
  }

  function answerDevices(asked: string, body: { name?: string }): [status: number, body: unknown] {
    if (asked === 'GET devices') return [200, { devices }];
    const except = /except=(.*)$/.exec(asked)?.[1];
    const only = /devices\/(.*)$/.exec(asked)?.[1];
    const named = devices.find(({ id }) => id === (only ?? except));
    if ((only ?? except) !== undefined && named === undefined) return [404, { title: 'No such device' }];
    if (asked.startsWith('PATCH') && named) {
      named.name = body.name ?? '';
      return [200, named];
    }
    const kept = devices.filter(({ id }) => (only === undefined ? id === except : id !== only));
    devices.splice(0, devices.length, ...kept);
    return [200, {}];
  }

  const standIn: StandIn = {
    url: '',
    devices,
    me,
    next: {},
    get pairing() {
      if (pairing === undefined) throw new Error('No pairing was opened');
      return pairing;
    },
    requests,
    refuse: (asked, status, title = 'Refused', code) => void refusals.push({ asked, status, title, code }),
    allow: () => void refusals.splice(0),
    become(change) {
      Object.assign(standIn.pairing, change);
      for (const stream of streams) tell(stream, standIn.pairing);
    },
    drop() {
      for (const stream of streams) stream.destroy();
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
  return Object.assign(standIn, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount}/quick-connect`,
  });
}

/** A device as `GET devices` lists it. */
export function device(id: string, name: string, more: Partial<StandInDevice> = {}): StandInDevice {
  return {
    id,
    name,
    client_id: 'koel-player',
    paired_by: 'qr',
    created_at: '2026-11-03T09:30:00Z',
    expires_at: '2027-11-03T09:30:00Z',
    last_used_at: null,
    ...more,
  };
}

let opened = 0;

function newPairing(): StandInPairing {
  opened += 1;
  return {
    id: `pairing-${opened}`,
    status: 'open',
    code: '7KQM-V3XH-92TD',
    code_expires_in: 42,
    expires_in: 300,
    uri: `https://music.example.com/link#v=1&iss=https%3A%2F%2Fapi.example.com%2Fauth&id=pairing-${opened}&s=Zm9yIHRlc3Rz`,
    interval: 1,
  };
}

/** As the real stream does: it ends with the open state. */
function tell(stream: ServerResponse, pairing: StandInPairing): void {
  stream.write(`event: status\ndata: ${JSON.stringify(pairing)}\n\n`);
  if (pairing.status !== 'open') stream.end();
}

async function bodyOf(request: IncomingMessage): Promise<{ name?: string }> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body === '' ? {} : (JSON.parse(body) as { name?: string });
}
