// The connection of the app to one server. Combines the other files of this folder.
import { addressOf, isTokenRefused, sendWithToken } from './call.js';
import { ClientError } from './client-error.js';
import type { Connection, ConnectionState } from './connection-functions.js';
import { type PlatformOptions, type PlatformResponse, platform } from './platform.js';
import { redeemer } from './redeem-code.js';
import { renewal } from './renew-token.js';
import { type ClientAccount, type ClientStorage, type Connected, slot } from './stored-connection.js';
import { refusal, serverNowOf, tokenEndpoint } from './token-endpoint.js';

/** The options of `connection()`. */
export interface ConnectionOptions extends PlatformOptions {
  /** The id of the app, 1 to 64 characters of `A-Z a-z 0-9 . _ : / -`. */
  readonly clientId: string;
  /** The device's name in the user's list of devices. Cut to 64 characters. */
  readonly deviceName: string;
  /** The version of the app, shown in that list. Cut to 64 characters. Default: not sent. */
  readonly appVersion?: string | undefined;
  /**
   * The system that the app runs on, such as `Android 16`, shown in that list. Cut to 64 characters. Default: not sent.
   */
  readonly platform?: string | undefined;
  readonly storage: ClientStorage;
  /** The key in the storage. Use a different key for each connection. Default: `latchkey`. */
  readonly storageKey?: string | undefined;
  /** The issuers that this app may connect to. Default: any https server. */
  readonly issuers?: readonly string[] | undefined;
  /** Renew the token when less than this share of its lifetime is left, 0 (never) to 1. Default: 1/3. */
  readonly renewShare?: number | undefined;
  /** The timeout of each request to the server's token endpoints. Default: 20. */
  readonly timeoutSeconds?: number | undefined;
  /** How long `redeem` and renewals retry while the server is unavailable. Default: 60. */
  readonly retrySeconds?: number | undefined;
  /** Called after each change of `state`. Errors that it throws are ignored. */
  readonly onChange?: ((state: ConnectionState) => void) | undefined;
}

/**
 * How long a window uses its own record before it reads the storage again. Much shorter than the grace period: the
 * server accepts a renewed token for another 600 s.
 */
const lookSeconds = 60;

/**
 * Creates a connection. It does not read or send anything yet.
 * @throws {ClientError} `ERR_PLATFORM` when the platform lacks something that you did not pass, or the storage lacks a
 * method.
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
  const endpoint = tokenEndpoint(device, { timeoutSeconds, retrySeconds });
  const services = { platform: device, endpoint, slot: kept, clientId };
  const deviceName = printable(options.deviceName);
  const redemption = redeemer({
    ...services,
    deviceName,
    appVersion: optional(options.appVersion),
    system: optional(options.platform),
    issuers,
  });
  const renewing = renewal({ ...services, renewShare, lose });
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

  /** Removes a token that is no longer valid. If another window has stored a newer token, that one is used instead. */
  async function lose(refused: Connected): Promise<void> {
    await kept.reload().catch(() => undefined);
    // Even if the storage fails, memory no longer has the record. If a later start of the app reads it again, the
    // server refuses its token again.
    await kept.replace(refused, undefined).catch(() => undefined);
  }

  /**
   * Loads the new token if another window has renewed it. If this window used the old token after the grace period, the
   * server would treat that as theft.
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
        const url = addressOf(target, record.issuer, device.parseUrl);
        renewing.renewIfDue();
        const response = await sendWithToken(device, url, record.token, init);
        if (!(await isTokenRefused(response))) {
          renewing.renewIfDue(serverNowOf(response));
          return response as PlatformResponse;
        }
        // If the token was renewed during this request, `lose` keeps the new token, and the loop retries with it.
        await lose(record);
      }
    },
    async disconnect() {
      await restore();
      const { record } = kept;
      if (record?.state === 'connected') {
        const answer = await endpoint.send(`${record.issuer}/revoke`, { token: record.token, client_id: clientId });
        if (answer.status !== 200) throw refusal(answer);
      }
      await kept.clear();
    },
    clear: () => kept.clear(),
  };
}

function optional(text: string | undefined): string | undefined {
  return printable(text ?? '') || undefined;
}

// Characters that the server refuses in names: control characters, characters that change the text direction,
// zero-width and blank characters, and lone surrogates. Listed as code points, because some JavaScript engines do not
// support `\p{…}`.
const unshown: readonly (readonly [first: number, last: number])[] = [
  ...([
    [0, 0x1f],
    [0x7f, 0x9f],
    [0xad, 0xad],
    [0x34f, 0x34f],
    [0x61c, 0x61c],
    [0x115f, 0x1160],
  ] as const),
  ...([
    [0x180e, 0x180e],
    [0x200b, 0x200b],
    [0x200e, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
  ] as const),
  ...([
    [0x2800, 0x2800],
    [0x3164, 0x3164],
    [0xd800, 0xdfff],
    [0xfeff, 0xfeff],
    [0xffa0, 0xffa0],
  ] as const),
];

/**
 * Whether a character only joins or extends an emoji (a joiner or a tag character). A cut name must not end with one.
 */
function joins(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code === 0x200c || code === 0x200d || (code >= 0xe0020 && code <= 0xe007f);
}

/** Returns the name without characters that the server refuses, cut to 64 characters. */
function printable(name: string): string {
  const shown = [...name.trim()].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    return !unshown.some(([first, last]) => code >= first && code <= last);
  });
  const cut = shown.slice(0, 64);
  if (shown.length > 64) while (joins(cut.at(-1) ?? '')) cut.pop();
  return cut.join('').trim();
}
