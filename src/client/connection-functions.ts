// The functions of a connection that apps call: their signatures and documentation.
import type { CallInit } from './call.js';
import type { PlatformResponse } from './platform.js';
import type { PairingProof, RedeemOptions } from './redeem-code.js';
import type { ClientAccount } from './stored-connection.js';

/** `pending`: the user has to approve in the browser; `resume()` continues to wait. */
export type ConnectionState = 'disconnected' | 'pending' | 'connected';

/** A connection to one server, which may be disconnected. */
export interface Connection {
  /** The current state, once `restore()` has read the storage. */
  readonly state: ConnectionState;
  /** The account that the app is connected to. Show it after connecting: the code may come from another user. */
  readonly account: ClientAccount | undefined;
  readonly deviceId: string | undefined;
  /** The origin that calls go to, while connected. It changes if the server has several addresses. */
  readonly address: string | undefined;
  /** The issuer of the server, while connected or pending. */
  readonly issuer: string | undefined;
  /**
   * Reads the storage. The other functions do this themselves.
   *
   * @example
   * if ((await music.restore()) === 'pending') await music.resume();
   */
  restore(): Promise<ConnectionState>;
  /**
   * Connects the app. While the network fails, it retries with the same redemption id, so that a lost answer does not
   * create a second device. After `ERR_NETWORK` or `ERR_UNAVAILABLE`, call it again with the same proof, even after a
   * restart of the app.
   *
   * @example
   * const account = await music.redeem({ issuer: 'https://music.example.com/api/auth', code: 'K7QM-2P9D-XR40' }, {
   *   onApproval: ({ matchNumber }) => console.log(`Type ${matchNumber} into the browser`),
   * });
   * console.log(`Connected to the account of ${account.displayName ?? account.subject}`);
   */
  redeem(proof: PairingProof, options?: RedeemOptions): Promise<ClientAccount>;
  /**
   * Continues to wait for approval.
   * @throws {ClientError} `ERR_DISCONNECTED` when no approval is pending.
   *
   * @example
   * if (music.state === 'pending') await music.resume({ signal: AbortSignal.timeout(60_000) });
   */
  resume(options?: RedeemOptions): Promise<ClientAccount>;
  /**
   * Renews the token now. `call` starts renewals automatically.
   * @throws {ClientError} `ERR_DISCONNECTED` when the token is no longer valid, `ERR_SUSPENDED` when the server
   * temporarily refuses it.
   *
   * @example
   * await music.renew();
   */
  renew(): Promise<void>;
  /**
   * Sends a request with the token to a path or URL on the server's origin, and returns the response unchanged. With
   * `addresses`, a request that may be repeated (GET, HEAD, OPTIONS, PUT, DELETE) is sent to another address if one does
   * not answer; after any other request, the error is thrown and the next call goes to another address.
   * @throws {ClientError} `ERR_DISCONNECTED` when there is no token, or when the server reported it as invalid and it
   * was deleted; `ERR_NETWORK` or `ERR_UNAVAILABLE`, after which you can retry with the same token; `ERR_REDIRECTED`
   * when the response is a redirect, which is never followed; `ERR_FOREIGN_ORIGIN` when the URL is on another origin.
   *
   * @example
   * const answer = await music.call('/api/library');
   * const library = await answer.json();
   */
  call(target: string, init?: CallInit): Promise<PlatformResponse>;
  /**
   * Revokes the token (RFC 7009), then deletes it. While the server is unavailable, it throws and keeps the token.
   *
   * @example
   * await music.disconnect(); // revokes the token on the server, then deletes it
   */
  disconnect(): Promise<void>;
  /**
   * Deletes the token and any unfinished attempt to connect. Does not contact the server.
   *
   * @example
   * await music.clear(); // offline: the device stays in the user's list until they revoke it there
   */
  clear(): Promise<void>;
}
