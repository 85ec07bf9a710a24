// The public exports of `latchkey/client`, for apps. The module has no dependencies, and imports only types from the
// server's code.
export type { CallInit } from './call.js';
export { ClientError, type ClientErrorCode, type ClientErrorDetails } from './client-error.js';
export { type ConnectionOptions, connection } from './connection.js';
export type { Connection, ConnectionState } from './connection-functions.js';
export type {
  CryptoLike,
  FetchInit,
  FetchLike,
  PlatformBody,
  PlatformInit,
  PlatformOptions,
  PlatformResponse,
  PlatformSignal,
  ResponseLike,
  SignalLike,
  Sleep,
  UrlClass,
  UrlLike,
} from './platform.js';
export type { ApprovalRequest, PairingProof, RedeemOptions } from './redeem-code.js';
export { type LinkOptions, type PairingLink, parseLink } from './scanned-link.js';
export type { ClientAccount, ClientStorage } from './stored-connection.js';
export { type CodeFormat, type TypedCode, typedCode } from './typed-code.js';
