// http/routes: pairings, as the browser that opened them sees them.
import type { Router } from 'express';
import { LatchkeyError } from '../../errors.js';
import type { PairingView } from '../../pairing/pairings.js';
import type { Authentication } from '../authenticate.js';
import { endpoint } from '../endpoint.js';
import { browserPrincipal } from '../guards.js';
import type { HttpServices } from '../services.js';
import { eventStreams } from './events.js';

/** Seconds between two looks of a page that cannot keep an event stream open. */
const interval = 2;

/** POST `pairings`; GET, DELETE, `events` and `qr.svg` of one. */
export function pairingRoutes(
  router: Router,
  services: HttpServices,
  authenticated: Pick<Authentication, 'stillAdmitted'>,
): void {
  const { pairings, origins = [] } = services;
  if (pairings === undefined) return;
  const streams = eventStreams(services, pairings, authenticated, shown);

  endpoint(router, '/pairings', origins, {
    async post(req, res) {
      const { userId, subject } = browserPrincipal(req);
      const view = await pairings.open({ userId, subject });
      res.status(201).location(`${req.baseUrl}/pairings/${view.id}`).json(shown(view));
    },
  });

  endpoint(router, '/pairings/:id', origins, {
    async get(req, res) {
      const { userId } = browserPrincipal(req);
      res.json(shown(await pairings.view(userId, pairingId(req.params['id']))));
    },
    async delete(req, res) {
      const { userId } = browserPrincipal(req);
      res.json(shown(await pairings.cancel(userId, pairingId(req.params['id']))));
    },
  });

  endpoint(router, '/pairings/:id/events', origins, {
    async get(req, res) {
      await streams.open(req, res, browserPrincipal(req), pairingId(req.params['id']));
    },
  });

  endpoint(router, '/pairings/:id/qr.svg', origins, {
    async get(req, res) {
      const { userId } = browserPrincipal(req);
      const svg = await pairings.qr(userId, pairingId(req.params['id']));
      res.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
      res.type('svg').send(svg);
    },
  });
}

function pairingId(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{1,64}$/.test(value)) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
  return value;
}

function shown(view: PairingView): Record<string, unknown> {
  return {
    id: view.id,
    code: view.code,
    code_expires_in: view.codeExpiresIn,
    expires_in: view.expiresIn,
    uri: view.uri,
    status: view.status,
    interval,
    device: view.device,
  };
}
