// Defines and documents the functions of a connection that apps call.
import type { CallInit } from './call.js';
import type { PlatformResponse } from './platform.js';
import type { PairingProof, RedeemOptions } from './redeem-code.js';
import type { ClientAccount } from './stored-connection.js';

/**
 * The state of a connection. In the state `pending`, the user has to approve the connection in the browser. `resume()`
 * waits for this approval.
 */
export type ConnectionState = 'disconnected' | 'pending' | 'connected';

/** A connection to one server. An object of this type also exists while the app is disconnected. */
export interface Connection {
  /** The current state. Until `restore()` has read the storage, the state is `disconnected`. */
  readonly state: ConnectionState;
  /**
   * The account that the app is connected to. After the app has connected, show the account to the user, because the
   * code might come from another user.
   */
  readonly account: ClientAccount | undefined;
  readonly deviceId: string | undefined;
  /**
   * The origin to which the client sends calls, or `undefined` if the app is not connected. If the server has several
   * addresses, this origin may change.
   */
  readonly address: string | undefined;
  /** The issuer of the server, or `undefined` if the state is `disconnected`. */
  readonly issuer: string | undefined;
  /**
   * Reads the storage. You do not have to call `restore` before the other functions.
   *
   * @example
   * if ((await music.restore()) === 'pending') await music.resume();
   */
  restore(): Promise<ConnectionState>;
  /**
   * Connects the app. If the network fails, the client retries with the same redemption id, so that a lost answer does
   * not lead to a second device. After `ERR_NETWORK` or `ERR_UNAVAILABLE`, call `redeem` again with the same proof,
   * even after a restart of the app.
   *
   * @example
   * const account = await music.redeem({ issuer: 'https://music.example.com/api/auth', code: 'K7QM-2P9D-XR40' }, {
   *   onApproval: ({ matchNumber }) => console.log(`Type ${matchNumber} into the browser`),
   * });
   * console.log(`Connected to the account of ${account.displayName ?? account.subject}`);
   */
  redeem(proof: PairingProof, options?: RedeemOptions): Promise<ClientAccount>;
  /**
   * Continues to wait for the user's approval.
   * @throws {ClientError} `ERR_DISCONNECTED` when no approval is pending.
   *
   * @example
   * if (music.state === 'pending') await music.resume({ signal: AbortSignal.timeout(60_000) });
   */
  resume(options?: RedeemOptions): Promise<ClientAccount>;
  /**
   * Renews the token now. `call` starts renewals automatically.
   * @throws {ClientError} `ERR_DISCONNECTED` when the token is no longer valid.
   * @throws {ClientError} `ERR_SUSPENDED` when the server temporarily refuses the token.
   *
   * @example
   * await music.renew();
   */
  renew(): Promise<void>;
  /**
   * Sends a request with the token to a path or URL on the server's origin, and returns the response unchanged. If you
   * have set `addresses` and one of them does not answer, a request with the method GET, HEAD, OPTIONS, PUT or DELETE
   * is repeated at another address. For any other method, `call` throws the error, and the next call goes to another
   * address.
   * @throws {ClientError} `ERR_DISCONNECTED` when there is no token, or when the client deleted the token because the
   * server reported it as invalid.
   * @throws {ClientError} `ERR_NETWORK` or `ERR_UNAVAILABLE` when the server does not answer. You can then retry with
   * the same token.
   * @throws {ClientError} `ERR_REDIRECTED` when the response is a redirect, which the client never follows.
   * @throws {ClientError} `ERR_FOREIGN_ORIGIN` when the URL is on another origin.
   *
   * @example
   * const answer = await music.call('/api/library');
   * const library = await answer.json();
   */
  call(target: string, init?: CallInit): Promise<PlatformResponse>;
  /**
   * Revokes the token (RFC 7009), and then deletes the token. If the server is unavailable, throws and keeps the token.
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
