// http/routes: what this server offers to apps, for clients that ask (RFC 8414).
import type { Router } from 'express';
import type { ApiTokens } from '../../tokens/api-token.js';
import { appDocument } from '../endpoint.js';
import type { HttpServices } from '../services.js';
import { deviceCodeGrant, quickConnectGrant, renewalGrant } from './token.js';

/** GET `.well-known/oauth-authorization-server`. It names what is there, and nothing that is switched off. */
export function metadataRoutes(router: Router, services: HttpServices, { issuer }: Pick<ApiTokens, 'issuer'>): void {
  const { identifier, pairings, verificationUri } = services;
  const at = (endpoint: string): string => `${issuer.replace(/\/$/, '')}/${endpoint}`;
  const metadata = {
    issuer,
    token_endpoint: at('token'),
    ...(pairings === undefined || verificationUri === undefined
      ? {}
      : { device_authorization_endpoint: at('device_authorization') }),
    revocation_endpoint: at('revoke'),
    // There is no authorization endpoint; the member is required all the same (§2).
    response_types_supported: [],
    grant_types_supported: [...(pairings === undefined ? [] : [quickConnectGrant, deviceCodeGrant]), renewalGrant],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
  };

  appDocument(
    router,
    '/.well-known/oauth-authorization-server',
    (req) => identifier.refuseIdentity(req),
    (_req, res) => {
      res.set('Cache-Control', 'public, max-age=300').json(metadata);
    },
  );
}
