// The JSON of the OAuth 2.0 routes, which are for apps and for servers that introspect tokens. Durations are in
// seconds.

/** An app's description of itself. */
export interface AppDescription {
  readonly client_id: string;
  /** The device's name in lists. Default: the client id. */
  readonly device_name?: string | undefined;
  readonly app_version?: string | undefined;
  readonly platform?: string | undefined;
  /** A random id that the app chose for this attempt. With the same id, the app can request a lost answer again. */
  readonly redemption_id?: string | undefined;
  /** A request with a scope is refused, because Latchkey has no scopes. */
  readonly scope?: string | undefined;
}

/** The proof of a pairing: either the typed code, or the id and secret from the QR code. */
export type WireProof = { readonly code: string } | { readonly id: string; readonly secret: string };

/** The body of POST `token` that redeems a pairing. */
export type QuickConnectTokenRequest = AppDescription &
  WireProof & {
    readonly grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect';
    readonly device_name: string;
  };

/** The body of POST `token` with which an app polls (RFC 8628 §3.4). */
export interface DeviceCodeTokenRequest {
  readonly grant_type: 'urn:ietf:params:oauth:grant-type:device_code';
  readonly device_code: string;
  readonly client_id: string;
  /** Ignored here. */
  readonly redemption_id?: string | undefined;
  /** A request with a scope is refused, because Latchkey has no scopes. */
  readonly scope?: string | undefined;
}

/** The body of POST `token` that exchanges the current token for a new one (RFC 6749 §6). */
export interface RefreshTokenRequest {
  readonly grant_type: 'refresh_token';
  /** The current access token. */
  readonly refresh_token: string;
  readonly client_id: string;
  /** A request with a scope is refused, because Latchkey has no scopes. */
  readonly scope?: string | undefined;
}

/** The body of POST `token`. */
export type TokenRequest = QuickConnectTokenRequest | DeviceCodeTokenRequest | RefreshTokenRequest;

/** The account to which an app is connected, for display in the app. */
export interface WireAccount {
  readonly subject: string;
  readonly display_name?: string | undefined;
}

/** The answer of POST `token` that contains a token (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string;
  /** The access token again, because a token is its own refresh token. */
  readonly refresh_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly device_id: string;
  readonly account: WireAccount;
  /**
   * The server's current issuer. The issuer is present only in the answer to a renewal, so that an app can follow the
   * server to a new address.
   */
  readonly issuer?: string | undefined;
}

/** An error of a route for apps (RFC 6749 §5.2). */
export interface OAuthErrorResponse {
  readonly error: string;
  readonly error_description: string;
}

/**
 * The answer of POST `token` while the user has not approved the pairing in the browser yet. The app polls with the
 * device code.
 */
export interface AuthorizationPendingResponse extends OAuthErrorResponse {
  readonly device_code: string;
  readonly interval: number;
  readonly expires_in: number;
  /** The number that the user types into the browser. */
  readonly match_number: string;
}

/** The body of POST `device_authorization` (RFC 8628 §3.1). */
export type DeviceAuthorizationRequest = AppDescription;

/** The answer of POST `device_authorization` (RFC 8628 §3.2). */
export interface DeviceAuthorizationResponse {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete?: string | undefined;
  readonly expires_in: number;
  readonly interval: number;
}

/** The body of POST `revoke` (RFC 7009 §2.1). The answer has no body. */
export interface RevocationRequest {
  readonly token: string;
  /** Ignored, because possession of the token is enough. */
  readonly client_id?: string | undefined;
}

/** The body of POST `introspect` (RFC 7662 §2.1). The credentials can also be in the `Authorization` header. */
export interface IntrospectionRequest {
  readonly token: string;
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
}

/** The answer of POST `introspect` (RFC 7662 §2.2). */
export type IntrospectionResponse =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly sub: string;
      /** The display name. */
      readonly username?: string | undefined;
      readonly client_id: string;
      readonly device_id: string;
      readonly iss: string;
      readonly aud: string;
      /** Seconds since the epoch. */
      readonly exp: number;
      readonly token_type: 'Bearer';
      /** Sorted. */
      readonly roles: readonly string[];
    };

/** The authorization server metadata (RFC 8414 §2). The endpoints of disabled features are absent. */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint?: string | undefined;
  readonly revocation_endpoint: string;
  readonly introspection_endpoint?: string | undefined;
  readonly introspection_endpoint_auth_methods_supported?: readonly string[] | undefined;
  readonly response_types_supported: readonly string[];
  readonly grant_types_supported: readonly TokenRequest['grant_type'][];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly revocation_endpoint_auth_methods_supported: readonly string[];
}
