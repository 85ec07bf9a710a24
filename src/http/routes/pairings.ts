// Routes for the browser that opens and approves pairings.
import type { Router } from 'express';
import type { PairingView } from '../../pairing/view.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type {
  ApprovePairingRequest,
  VerificationRequest,
  VerificationResponse,
  WirePairing,
} from '../../vocabulary/wire/pairing-json.js';
import { type MemberNames, membersOf } from '../body-members.js';
import { endpoint, type Methods } from '../endpoint.js';
import { browserPrincipal } from '../guards.js';
import { recheckAccount } from '../recheck-account.js';
import type { HttpServices, QuickConnectServices } from '../services.js';
import { eventStreams } from './events.js';

/** The number of seconds between two polls of a page that cannot keep an event stream open. */
const interval = 2;

/**
 * Adds the route `pairings`, the route `pairings/:id` and the routes below it. If the device flow is on, also adds the
 * route `device/verification`.
 */
export function pairingRoutes(
  router: Router,
  services: HttpServices,
  { pairings, verificationUri }: QuickConnectServices,
): void {
  const { origins = [] } = services;
  const recheck = recheckAccount(services);
  const add = (path: string, methods: Methods, members: Readonly<Record<string, true>> = {}) =>
    endpoint(router, path, origins, methods, { recheck, accepts: { post: { members } } });
  const streams = eventStreams(services, pairings, shown);

  add('/pairings', {
    async post(req, res) {
      const view = await pairings.open(browserPrincipal(req));
      res.status(201).location(`pairings/${view.id}`).json(shown(view));
    },
  });

  add('/pairings/:id', {
    async get(req, res) {
      res.json(shown(await pairings.view(browserPrincipal(req), pairingId(req.params['id']))));
    },
    async delete(req, res) {
      res.json(shown(await pairings.cancel(browserPrincipal(req), pairingId(req.params['id']))));
    },
  });

  add(
    '/pairings/:id/approve',
    {
      async post(req, res) {
        const owner = browserPrincipal(req);
        const number = membersOf<ApprovePairingRequest>(req).requiredText('match_number', { max: 2 });
        // A malformed number is a bug in the client, so it does not count as a wrong try.
        if (!/^\d\d$/.test(number)) {
          throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The member match_number must be two digits.' });
        }
        res.json(shown(await pairings.approve(owner, pairingId(req.params['id']), number)));
      },
    },
    { match_number: true } satisfies MemberNames<ApprovePairingRequest>,
  );

  add('/pairings/:id/deny', {
    async post(req, res) {
      res.json(shown(await pairings.deny(browserPrincipal(req), pairingId(req.params['id']))));
    },
  });

  add('/pairings/:id/events', {
    async get(req, res) {
      await streams.open(req, res, browserPrincipal(req), pairingId(req.params['id']));
    },
  });

  add('/pairings/:id/qr.svg', {
    async get(req, res) {
      const svg = await pairings.qr(browserPrincipal(req), pairingId(req.params['id']));
      res.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
      res.type('svg').send(svg);
    },
  });

  if (verificationUri === undefined) return;

  add(
    '/device/verification',
    {
      async post(req, res) {
        const owner = browserPrincipal(req);
        const body = membersOf<VerificationRequest>(req);
        const userCode = body.requiredText('user_code', { max: 64 });
        switch (body.requiredText('action', { max: 16 })) {
          case 'lookup':
            res.json(withoutId(await pairings.lookUpRequest(owner, userCode)));
            return;
          case 'approve':
            res.json(shown(await pairings.approveRequest(owner, userCode)));
            return;
          case 'deny':
            res.json(withoutId(await pairings.denyRequest(owner, userCode)));
            return;
          default:
            throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The action must be lookup, approve or deny.' });
        }
      },
    },
    { user_code: true, action: true } satisfies MemberNames<VerificationRequest>,
  );
}

function pairingId(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{1,64}$/.test(value)) throw new LatchkeyError('ERR_PAIRING_UNKNOWN');
  return value;
}

function withoutId(view: PairingView): VerificationResponse {
  const { id: _, ...request } = shown(view);
  return request;
}

function shown(view: PairingView): WirePairing {
  return {
    id: view.id,
    code: view.code,
    code_expires_in: view.codeExpiresIn,
    expires_in: view.expiresIn,
    uri: view.uri,
    status: view.status,
    interval,
    claim: view.claim && {
      device_name: view.claim.deviceName,
      client_id: view.claim.clientId,
      app_version: view.claim.appVersion,
      platform: view.claim.platform,
      address: view.claim.address,
      age: view.claim.age,
    },
    tries_left: view.triesLeft,
    device: view.device,
  };
}
