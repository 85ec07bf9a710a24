// The schemas of the JSON in vocabulary/wire/token-json.ts.
import { labelRoom, textLimits } from '../../vocabulary/text-rules.js';
import type {
  AppDescription,
  AuthorizationServerMetadata,
  DeviceAuthorizationRequest,
  DeviceAuthorizationResponse,
  DeviceCodeTokenRequest,
  IntrospectionRequest,
  IntrospectionResponse,
  QuickConnectTokenRequest,
  RefreshTokenRequest,
  RevocationRequest,
  TokenRequest,
  TokenResponse,
  WireAccount,
} from '../../vocabulary/wire/token-json.js';
import {
  about,
  anyOf,
  component,
  constant,
  count,
  listOf,
  type Members,
  objectOf,
  oneWordOf,
  optional,
  pattern,
  type Schema,
  shortText,
  text,
  url,
  uuid,
} from './schema.js';

const label = shortText(labelRoom(textLimits.deviceName));
const clientId = pattern('^[A-Za-z0-9._:/-]{1,64}$');
const scope = optional(about('A request with a scope is refused, because Latchkey has no scopes.', text));

const appMembers: Members<AppDescription> = {
  client_id: clientId,
  device_name: optional(about("The device's name in lists. Default: the client id.", label)),
  app_version: optional(label),
  platform: optional(label),
  redemption_id: optional(
    about(
      'A random id that the app chose for this attempt. With the same id, the app can request a lost answer again.',
      pattern('^[A-Za-z0-9._~-]{8,128}$'),
    ),
  ),
  scope,
};

type ByCode = Extract<QuickConnectTokenRequest, { readonly code: string }>;
type ByLink = Extract<QuickConnectTokenRequest, { readonly secret: string }>;

const quickConnectGrant = constant('urn:latchkey:params:oauth:grant-type:quick-connect');

const codeTokenRequest: Schema<ByCode> = component(
  'CodeTokenRequest',
  about(
    'Redeems the code that the user typed.',
    objectOf<ByCode>({ ...appMembers, grant_type: quickConnectGrant, device_name: label, code: shortText(128) }),
  ),
);

const linkTokenRequest: Schema<ByLink> = component(
  'LinkTokenRequest',
  about(
    'Redeems the id and the secret from the link in the QR code.',
    objectOf<ByLink>({
      ...appMembers,
      grant_type: quickConnectGrant,
      device_name: label,
      id: shortText(128),
      secret: shortText(128),
    }),
  ),
);

const deviceCodeTokenRequest: Schema<DeviceCodeTokenRequest> = component(
  'DeviceCodeTokenRequest',
  about(
    'The body of POST `token` with which an app polls (RFC 8628 §3.4).',
    objectOf<DeviceCodeTokenRequest>({
      grant_type: constant('urn:ietf:params:oauth:grant-type:device_code'),
      device_code: shortText(128),
      client_id: shortText(64),
      redemption_id: optional(about('Ignored here.', text)),
      scope,
    }),
  ),
);

/** The body of a renewal. */
export const refreshTokenRequest: Schema<RefreshTokenRequest> = component(
  'RefreshTokenRequest',
  about(
    'The body of POST `token` that exchanges the current token for a new one (RFC 6749 §6).',
    objectOf<RefreshTokenRequest>({
      grant_type: constant('refresh_token'),
      refresh_token: about('The current access token.', shortText(4096)),
      client_id: shortText(64),
      scope,
    }),
  ),
);

/** The body of POST `token` if quick connect is on. */
export const tokenRequest: Schema<TokenRequest> = component(
  'TokenRequest',
  anyOf(codeTokenRequest, linkTokenRequest, deviceCodeTokenRequest, refreshTokenRequest),
);

const account: Schema<WireAccount> = component(
  'Account',
  about(
    'The account to which an app is connected, for display in the app.',
    objectOf<WireAccount>({ subject: text, display_name: optional(text) }),
  ),
);

export const tokenResponse: Schema<TokenResponse> = component(
  'TokenResponse',
  objectOf<TokenResponse>({
    access_token: text,
    refresh_token: about('The access token again, because a token is its own refresh token.', text),
    token_type: constant('Bearer'),
    expires_in: count,
    device_id: uuid,
    account,
    issuer: optional(
      about(
        "The server's current issuer. The issuer is present only in the answer to a renewal, so that an app can follow the server to a new address.",
        url,
      ),
    ),
  }),
);

export const deviceAuthorizationRequest: Schema<DeviceAuthorizationRequest> = component(
  'DeviceAuthorizationRequest',
  objectOf<DeviceAuthorizationRequest>(appMembers),
);

export const deviceAuthorizationResponse: Schema<DeviceAuthorizationResponse> = component(
  'DeviceAuthorizationResponse',
  objectOf<DeviceAuthorizationResponse>({
    device_code: text,
    user_code: text,
    verification_uri: url,
    verification_uri_complete: optional(url),
    expires_in: count,
    interval: count,
  }),
);

export const revocationRequest: Schema<RevocationRequest> = component(
  'RevocationRequest',
  objectOf<RevocationRequest>({
    token: shortText(4096),
    client_id: optional(about('Ignored, because possession of the token is enough.', text)),
  }),
);

export const introspectionRequest: Schema<IntrospectionRequest> = component(
  'IntrospectionRequest',
  objectOf<IntrospectionRequest>({
    token: shortText(8192),
    client_id: optional(shortText(64)),
    client_secret: optional(shortText(512)),
  }),
);

type Active = Extract<IntrospectionResponse, { readonly active: true }>;

export const introspectionResponse: Schema<IntrospectionResponse> = component(
  'IntrospectionResponse',
  anyOf(
    objectOf<{ readonly active: false }>({ active: constant(false) }),
    objectOf<Active>({
      active: constant(true),
      sub: text,
      username: optional(about('The display name.', text)),
      client_id: text,
      device_id: uuid,
      iss: text,
      aud: text,
      exp: about('Seconds since the epoch.', count),
      token_type: constant('Bearer'),
      roles: about('Sorted.', listOf(text)),
    }),
  ),
);

const grantType = oneWordOf([
  'urn:latchkey:params:oauth:grant-type:quick-connect',
  'urn:ietf:params:oauth:grant-type:device_code',
  'refresh_token',
]);

export const authorizationServerMetadata: Schema<AuthorizationServerMetadata> = component(
  'AuthorizationServerMetadata',
  objectOf<AuthorizationServerMetadata>({
    issuer: url,
    token_endpoint: url,
    device_authorization_endpoint: optional(url),
    revocation_endpoint: url,
    introspection_endpoint: optional(url),
    introspection_endpoint_auth_methods_supported: optional(listOf(text)),
    response_types_supported: listOf(text),
    grant_types_supported: listOf(grantType),
    token_endpoint_auth_methods_supported: listOf(text),
    revocation_endpoint_auth_methods_supported: listOf(text),
  }),
);
