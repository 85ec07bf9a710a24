// Creates the app's connection to one server. Combines the other files in this folder.
import { addresses } from './addresses.js';
import { isRepeatable, isTokenRefused, pathOf, sendWithToken } from './call.js';
import { ClientError } from './client-error.js';
import type { Connection, ConnectionState } from './connection-functions.js';
import { printable } from './device-name.js';
import { type PlatformOptions, type PlatformResponse, platform, type ResponseLike } from './platform.js';
import { redeemer } from './redeem-code.js';
import { renewal } from './renew-token.js';
import { isRevoked, serverEndpoint } from './server-endpoint.js';
import { type ClientAccount, type ClientStorage, type Connected, slot } from './stored-connection.js';
import { isOutage, refusal, serverNowOf, tokenEndpoint } from './token-endpoint.js';

/** The options of `connection()`. */
export interface ConnectionOptions extends PlatformOptions {
  /** The id of the app: 1 to 64 characters of `A-Z a-z 0-9 . _ : / -`. */
  readonly clientId: string;
  /** The device's name in the user's list of devices. The client cuts the name to 64 characters. */
  readonly deviceName: string;
  /** The version of the app in the user's list of devices. The client cuts the text to 64 characters. Default: none. */
  readonly appVersion?: string | undefined;
  /**
   * The system that the app runs on, such as `Android 16`, in the user's list of devices. The client cuts the text to
   * 64 characters. Default: none.
   */
  readonly platform?: string | undefined;
  readonly storage: ClientStorage;
  /** The key for this connection in the storage. Use a different key for each connection. Default: `latchkey`. */
  readonly storageKey?: string | undefined;
  /** The issuers that this app may connect to. Default: any https server. */
  readonly issuers?: readonly string[] | undefined;
  /**
   * Further addresses of the same server, as origins. An example is the server's address in the home network. Calls and
   * renewals go to an address that answers. The client sends the token only to these origins and to the issuer's own
   * origin. Before the client sends the token to one of these origins, the server there must name the same issuer.
   * Default: only the issuer's own origin.
   */
  readonly addresses?: readonly string[] | undefined;
  /**
   * The client renews the token when less than this share of the token's lifetime is left. If the share is 0, the
   * client never renews the token automatically. Default: 1/3.
   */
  readonly renewShare?: number | undefined;
  /** The timeout of each request to the server's token endpoints, in seconds. Default: 20. */
  readonly timeoutSeconds?: number | undefined;
  /** The number of seconds for which `redeem` and renewals retry while the server is unavailable. Default: 60. */
  readonly retrySeconds?: number | undefined;
  /** The client calls this function after each change of `state`, and ignores errors that the function throws. */
  readonly onChange?: ((state: ConnectionState) => void) | undefined;
}

/**
 * The number of seconds for which a window of the app uses its own record before it reads the storage again. This time
 * is much shorter than the server's grace period for replaced tokens (600 seconds).
 */
const lookSeconds = 60;

/**
 * Creates a connection. Does not read or send anything yet.
 * @throws {ClientError} `ERR_PLATFORM` when the platform lacks something that you did not pass, or the storage lacks a
 * method.
 * @throws {ClientError} `ERR_ISSUER_INSECURE` when one of `addresses` is not the origin of an https URL.
 *
 * @example
 * import { connection } from 'latchkey/client';
 * const music = connection({ clientId: 'com.example.music', deviceName: 'Pixel 8', storage });
 * const state = await music.restore(); // when the app starts
 */
export function connection(options: ConnectionOptions): Connection {
  const { clientId, issuers, renewShare = 1 / 3, timeoutSeconds = 20, retrySeconds = 60 } = options;
  const device = platform(options);
  const kept = slot(options.storage, options.storageKey ?? 'latchkey', changed);
  const places = addresses(options.addresses, device, timeoutSeconds);
  const endpoint = tokenEndpoint(device, { timeoutSeconds, retrySeconds });
  const askServer = serverEndpoint({ addresses: places, endpoint });
  const services = { platform: device, askServer, slot: kept, clientId };
  const deviceName = printable(options.deviceName);
  const redemption = redeemer({
    ...services,
    deviceName,
    appVersion: optional(options.appVersion),
    system: optional(options.platform),
    issuers,
  });
  const renewing = renewal({ ...services, issuers, renewShare, lose });
  let reported: ConnectionState = 'disconnected';
  let connecting = false;
  let lookedAt: number | undefined;

  function state(): ConnectionState {
    const { record } = kept;
    if (record?.state === 'connected') return 'connected';
    return record?.pending === undefined ? 'disconnected' : 'pending';
  }

  function changed(): void {
    if (state() === reported) return;
    reported = state();
    try {
      options.onChange?.(reported);
    } catch {
      // An error in the app's listener does not undo the change.
    }
  }

  /**
   * Removes a token that is no longer valid. If another window has stored a newer token, the client uses the newer
   * token instead.
   */
  async function lose(refused: Connected): Promise<void> {
    await kept.reload().catch(() => undefined);
    // Even if the storage fails, the record is removed from memory. If a restarted app reads the record from the
    // storage, the server refuses the token again.
    await kept.replace(refused, undefined).catch(() => undefined);
  }

  /**
   * If another window has renewed the token, loads the new token. If this window used the old token after the grace
   * period, the server would assume that the token was stolen.
   */
  async function catchUp(): Promise<void> {
    const since = device.now() - (lookedAt ?? Number.NEGATIVE_INFINITY);
    if (since >= 0 && since < lookSeconds * 1000) return;
    try {
      await kept.catchUp();
      lookedAt = device.now();
    } catch {
      // The record in memory stays in use until the server refuses its token.
    }
  }

  async function connect(attempt: () => Promise<Connected>): Promise<ClientAccount> {
    if (connecting) throw new ClientError('ERR_BUSY');
    connecting = true;
    try {
      await restore();
      return (await attempt()).account;
    } finally {
      connecting = false;
    }
  }

  async function restore(): Promise<ConnectionState> {
    await kept.load();
    lookedAt ??= device.now();
    return state();
  }

  return {
    get state() {
      return state();
    },
    get account() {
      return kept.record?.state === 'connected' ? kept.record.account : undefined;
    },
    get deviceId() {
      return kept.record?.state === 'connected' ? kept.record.deviceId : undefined;
    },
    get address() {
      const { record } = kept;
      if (record?.state !== 'connected') return undefined;
      return places.current(record.issuer) ?? places.own(record.issuer);
    },
    get issuer() {
      return state() === 'disconnected' ? undefined : kept.record?.issuer;
    },
    restore,
    redeem: (proof, how = {}) => connect(() => redemption.redeem(proof, how)),
    resume: (how = {}) => connect(() => redemption.resume(how)),
    async renew() {
      await restore();
      await renewing.renew();
    },
    async call(target, init = {}) {
      await restore();
      if (kept.record?.state === 'connected') await catchUp();
      for (;;) {
        const { record } = kept;
        if (record?.state !== 'connected') throw new ClientError('ERR_DISCONNECTED');
        const { issuer, token } = record;
        const path = pathOf(target, issuer, places, device.parseUrl);
        const origin = await places.find(issuer);
        // Another window or a renewal might have changed the record in the meantime.
        if (kept.record !== record) continue;
        renewing.renewIfDue();
        let response: ResponseLike;
        try {
          response = await sendWithToken(device, origin + path, token, init);
        } catch (error) {
          if (isElsewhere(error) && places.avoid(origin, issuer) && isRepeatable(init)) continue;
          throw error;
        }
        if (!(await isTokenRefused(response))) {
          renewing.renewIfDue(serverNowOf(response));
          return response as PlatformResponse;
        }
        // A different server might answer at an address of the home network. So only an answer from the issuer's own
        // origin can end the connection.
        if (origin !== places.own(issuer)) {
          places.avoid(origin, issuer);
          continue;
        }
        // If the token was renewed during this request, `lose` keeps the new token, and the loop retries with the new
        // token.
        await lose(record);
      }
    },
    async disconnect() {
      await restore();
      const { record } = kept;
      if (record?.state === 'connected') {
        const { issuer, token } = record;
        const form = { token, client_id: clientId };
        const { answer } = await askServer({ issuer, path: 'revoke', form, accepts: isRevoked });
        if (answer.status !== 200) throw refusal(answer);
      }
      await kept.clear();
    },
    clear: () => kept.clear(),
  };
}

/** Returns `true` if the request could succeed at another address of the server. */
function isElsewhere(error: unknown): boolean {
  return isOutage(error) || (error instanceof ClientError && error.code === 'ERR_REDIRECTED');
}

function optional(text: string | undefined): string | undefined {
  return printable(text ?? '') || undefined;
}
