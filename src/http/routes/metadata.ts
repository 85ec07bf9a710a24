// Serves the authorization server metadata for apps (RFC 8414).
import type { RequestHandler } from 'express';
import type { AuthorizationServerMetadata } from '../../vocabulary/wire/token-json.js';
import { appDocument } from '../endpoint.js';
import { oauthProblems } from '../problem.js';
import type { DeviceServices, HttpServices } from '../services.js';
import { deviceCodeGrant, quickConnectGrant, renewalGrant } from './token.js';

/**
 * The path of the metadata below the token router. Standard clients expect it before the issuer's path (RFC 8414 §3.1).
 */
export const metadataPath = '/.well-known/oauth-authorization-server';

/** Creates the handler that serves the metadata, at any mount path. The metadata lists only the enabled features. */
export function authorizationServerMetadata(
  services: HttpServices,
  { tokens: { issuer }, introspection, quickConnect }: DeviceServices,
): RequestHandler {
  const { identifier } = services;
  const at = (endpoint: string): string => `${issuer.replace(/\/$/, '')}/${endpoint}`;
  const metadata: AuthorizationServerMetadata = {
    issuer,
    token_endpoint: at('token'),
    ...(quickConnect?.verificationUri === undefined
      ? {}
      : { device_authorization_endpoint: at('device_authorization') }),
    revocation_endpoint: at('revoke'),
    ...(introspection === undefined
      ? {}
      : {
          introspection_endpoint: at('introspect'),
          introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        }),
    // RFC 8414 §2 requires this member, although there is no authorization endpoint.
    response_types_supported: [],
    grant_types_supported: [...(quickConnect === undefined ? [] : [quickConnectGrant, deviceCodeGrant]), renewalGrant],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
  };

  const document = appDocument(
    (req) => identifier.refuseIdentity(req),
    (_req, res) => {
      res.set('Cache-Control', 'public, max-age=300').json(metadata);
    },
  );
  return document.use(oauthProblems(services));
}
