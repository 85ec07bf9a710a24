// What this server offers to apps, for clients that ask (RFC 8414).
import type { RequestHandler } from 'express';
import type { ApiTokens } from '../../tokens/api-token.js';
import { appDocument } from '../endpoint.js';
import { oauthProblems } from '../problem.js';
import type { HttpServices } from '../services.js';
import { deviceCodeGrant, quickConnectGrant, renewalGrant } from './token.js';

/** Where the metadata lies below the token router. Clients by the book insert it before the issuer's path (§3.1). */
export const metadataPath = '/.well-known/oauth-authorization-server';

/** GET, at whatever address. It names what is there, and nothing that is switched off. */
export function authorizationServerMetadata(
  services: HttpServices,
  { issuer }: Pick<ApiTokens, 'issuer'>,
): RequestHandler {
  const { identifier, pairings, verificationUri, introspection, onEvent } = services;
  const at = (endpoint: string): string => `${issuer.replace(/\/$/, '')}/${endpoint}`;
  const metadata = {
    issuer,
    token_endpoint: at('token'),
    ...(pairings === undefined || verificationUri === undefined
      ? {}
      : { device_authorization_endpoint: at('device_authorization') }),
    revocation_endpoint: at('revoke'),
    ...(introspection === undefined
      ? {}
      : {
          introspection_endpoint: at('introspect'),
          introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        }),
    // There is no authorization endpoint; the member is required all the same (§2).
    response_types_supported: [],
    grant_types_supported: [...(pairings === undefined ? [] : [quickConnectGrant, deviceCodeGrant]), renewalGrant],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
  };

  const document = appDocument(
    (req) => identifier.refuseIdentity(req),
    (_req, res) => {
      res.set('Cache-Control', 'public, max-age=300').json(metadata);
    },
  );
  return document.use(oauthProblems(onEvent));
}
