// A connection of the app to one server. The only file that knows the others of this room.
import { addressOf, type CallInit, isTokenRefused, sendWithToken } from './call.js';
import { ClientError } from './client-error.js';
import { type PlatformOptions, type PlatformResponse, platform } from './platform.js';
import { type PairingProof, type RedeemOptions, redeemer } from './redeem-code.js';
import { renewal } from './renew-token.js';
import { type ClientAccount, type ClientStorage, type Connected, slot } from './stored-connection.js';
import { refusal, serverNowOf, tokenEndpoint } from './token-endpoint.js';

/** `pending`: somebody has to approve in the browser; `resume()` goes on waiting. */
export type ConnectionState = 'disconnected' | 'pending' | 'connected';

/** What a connection is made of. */
export interface ConnectionOptions extends PlatformOptions {
  /** The app's name for the server: 1 to 64 of `A-Z a-z 0-9 . _ : / -`. */
  readonly clientId: string;
  /** What people see in their list of devices; cut to 64 characters. */
  readonly deviceName: string;
  /** The app's version, for that list; cut to 64 characters. Default: not said. */
  readonly appVersion?: string | undefined;
  /** What the app runs on, such as `Android 16`, for that list; cut to 64 characters. Default: not said. */
  readonly platform?: string | undefined;
  readonly storage: ClientStorage;
  /** The key in the storage; another one for each connection. Default: `latchkey`. */
  readonly storageKey?: string | undefined;
  /** The servers that this app connects to. Default: any https server. */
  readonly issuers?: readonly string[] | undefined;
  /** Renew when less than this share of the token's lifetime is left, 0 (never) to 1. Default: 1/3. */
  readonly renewShare?: number | undefined;
  /** For each answer of the server's token endpoints. Default: 20. */
  readonly timeoutSeconds?: number | undefined;
  /** How long redeeming and renewing go on trying while the server is away. Default: 60. */
  readonly retrySeconds?: number | undefined;
  /** Called after each change of `state`. What it throws is ignored. */
  readonly onChange?: ((state: ConnectionState) => void) | undefined;
}

/** A connection to one server, or the lack of one. */
export interface Connection {
  /** As known so far: call `restore()` first. */
  readonly state: ConnectionState;
  /** Whose account this is. Show it after connecting: a code can be somebody else's. */
  readonly account: ClientAccount | undefined;
  readonly deviceId: string | undefined;
  /** The server, while connected or pending. */
  readonly issuer: string | undefined;
  /** Reads the storage. The other functions do so by themselves. */
  restore(): Promise<ConnectionState>;
  /**
   * Connects. Sent again by itself while the network fails, with the same redemption id: a lost answer makes no second
   * device. After ERR_NETWORK or ERR_UNAVAILABLE call it again with the same proof, also after a restart of the app.
   */
  redeem(proof: PairingProof, options?: RedeemOptions): Promise<ClientAccount>;
  /** Goes on waiting for an approval. Throws ERR_DISCONNECTED if there is none to wait for. */
  resume(options?: RedeemOptions): Promise<ClientAccount>;
  /**
   * Renews the token now. `call` begins it by itself when it is time. Throws ERR_DISCONNECTED if the token is over,
   * ERR_SUSPENDED if the server keeps it and does not accept it for now.
   */
  renew(): Promise<void>;
  /**
   * A request with the token, to a path or URL on the server's origin. Answers are handed over as they are, but:
   * ERR_DISCONNECTED: the server said that the token no longer counts, and it is forgotten; ERR_NETWORK and
   * ERR_UNAVAILABLE: it is kept, try later; ERR_REDIRECTED: redirects are not followed; ERR_FOREIGN_ORIGIN.
   */
  call(target: string, init?: CallInit): Promise<PlatformResponse>;
  /** Revokes the token (RFC 7009), then forgets it. While the server is away it throws and keeps the token. */
  disconnect(): Promise<void>;
  /** Forgets token and attempts without telling the server. */
  forget(): Promise<void>;
}

/** How long a window goes by its own record: much shorter than the 600 s for which a replaced token counts on. */
const lookSeconds = 60;

/**
 * Makes a connection. Nothing is read or sent yet.
 * @throws ERR_PLATFORM if the platform lacks something that is not passed.
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
  let told: ConnectionState = 'disconnected';
  let connecting = false;
  let lookedAt: number | undefined;

  function state(): ConnectionState {
    const { record } = kept;
    if (record?.state === 'connected') return 'connected';
    return record?.pending === undefined ? 'disconnected' : 'pending';
  }

  function changed(): void {
    if (state() === told) return;
    told = state();
    try {
      options.onChange?.(told);
    } catch {
      // The app's own affair; the change has happened.
    }
  }

  /** The token counts no longer. Another window may know a newer one; then that is the connection. */
  async function lose(refused: Connected): Promise<void> {
    await kept.reload().catch(() => undefined);
    // It is gone from memory even if the storage fails: read again later, it would be refused again.
    await kept.replace(refused, undefined).catch(() => undefined);
  }

  /** Another window may have renewed. Its grace over, the token that this one still holds would look like stolen. */
  async function catchUp(): Promise<void> {
    const since = device.now() - (lookedAt ?? Number.NEGATIVE_INFINITY);
    if (since >= 0 && since < lookSeconds * 1000) return;
    try {
      await kept.catchUp();
      lookedAt = device.now();
    } catch {
      // What is in memory counts as long as the server says nothing else.
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
        // If it was renewed while this was on its way, the new token stays, and is tried next.
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
    forget: () => kept.clear(),
  };
}

function optional(text: string | undefined): string | undefined {
  return printable(text ?? '') || undefined;
}

// What the server takes in no name: controls, what turns the direction of text, blanks of no width, halves of characters.
// As numbers, since the engines of some apps know no property escapes.
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

/** What joins a part of an emoji to the next, at which a name may have been cut: a joiner, or a letter of a flag. */
function joins(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code === 0x200c || code === 0x200d || (code >= 0xe0020 && code <= 0xe007f);
}

/** Cut, and without what the server refuses in a name. */
function printable(name: string): string {
  const shown = [...name.trim()].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    return !unshown.some(([first, last]) => code >= first && code <= last);
  });
  const cut = shown.slice(0, 64);
  if (shown.length > 64) while (joins(cut.at(-1) ?? '')) cut.pop();
  return cut.join('').trim();
}
