// Renews the token before it expires.
import type { RefreshTokenRequest } from '../vocabulary/wire/token-json.js';
import { ClientError } from './client-error.js';
import { grantOf, obtained } from './grant.js';
import { checkedIssuer } from './issuer.js';
import type { Platform } from './platform.js';
import { type AskServer, isNewToken } from './server-endpoint.js';
import type { Connected, Slot } from './stored-connection.js';
import type { Answer } from './token-endpoint.js';

/** The dependencies and options of renewals. */
export interface RenewalServices {
  readonly platform: Pick<Platform, 'now' | 'parseUrl'>;
  /** The issuers that this app may connect to. */
  readonly issuers: readonly string[] | undefined;
  readonly askServer: AskServer;
  readonly slot: Slot;
  readonly clientId: string;
  /**
   * The client renews the token when less than this share of the token's lifetime is left: a number from 0 (never) to
   * 1.
   */
  readonly renewShare: number;
  /** Ends the connection, unless the stored record has changed since the refusal. */
  readonly lose: (refused: Connected) => Promise<void>;
}

/** Renews tokens. */
export interface Renewal {
  /**
   * Renews the token now. Concurrent calls share one renewal. The old token stays in use until the new token is stored.
   */
  renew(): Promise<void>;
  /**
   * Starts a renewal if it is due. Ignores a failure, because the old token is still valid.
   * @param serverNow The time by the server's clock, if known from an answer, in milliseconds since the epoch.
   */
  renewIfDue(serverNow?: number): void;
}

/**
 * The pause after a failed renewal, in seconds. Without this pause, every call would try a renewal while the server is
 * unavailable.
 */
const pauseSeconds = 60;

export function renewal(services: RenewalServices): Renewal {
  const { askServer, slot, clientId, issuers, renewShare, lose } = services;
  const { now, parseUrl } = services.platform;
  let running: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  /**
   * Returns the issuer to use from now on. A server that has moved to another address names its new issuer in the
   * answer to a renewal.
   */
  function issuerAfter(former: string, { issuer: named }: Answer['body']): string {
    if (typeof named !== 'string') return former;
    try {
      const issuer = checkedIssuer(named, parseUrl, issuers);
      // The new issuer must not change https to http, because `checkedIssuer` accepts http on loopback addresses.
      return parseUrl(issuer)?.protocol === parseUrl(former)?.protocol ? issuer : former;
    } catch {
      // The app does not accept the new issuer, so it keeps the former issuer.
      return former;
    }
  }

  async function exchange(): Promise<void> {
    const asked = slot.record;
    // Another window of the app might already have renewed the token. If a replaced token is used, the server assumes
    // that the token was stolen.
    await slot.catchUp();
    const old = slot.record;
    if (old?.state !== 'connected') throw new ClientError('ERR_DISCONNECTED');
    if (old !== asked) return;
    const form: RefreshTokenRequest = {
      grant_type: 'refresh_token',
      refresh_token: old.token,
      client_id: clientId,
    };
    const { issuer } = old;
    const { answer, own } = await askServer({ issuer, path: 'token', form, persist: true, accepts: isNewToken });
    const { error } = answer.body;
    if (error === 'invalid_grant' || error === 'invalid_token') {
      await lose(old);
      if (slot.record?.state !== 'connected') throw new ClientError('ERR_DISCONNECTED');
      return;
    }
    const grant = grantOf(answer);
    await slot.replace(old, {
      ...old,
      issuer: own ? issuerAfter(old.issuer, answer.body) : old.issuer,
      token: grant.token,
      deviceId: grant.deviceId ?? old.deviceId,
      account: grant.account ?? old.account,
      ...obtained(answer, grant, now()),
    });
  }

  /**
   * Returns `true` if a renewal is due. Measures the elapsed time by the app's clock and by the server's clock, and
   * uses the longer of the two times. If the elapsed time by the app's clock is negative, that clock was set back. The
   * elapsed time is then unknown, so a renewal is due.
   */
  function isDue({ obtainedAt, expiresAt, obtainedAtServer }: Connected, serverNow: number | undefined): boolean {
    const lifetime = expiresAt - obtainedAt;
    const own = now() - obtainedAt;
    const servers = serverNow === undefined || obtainedAtServer === undefined ? 0 : serverNow - obtainedAtServer;
    return renewShare > 0 && (own < 0 || lifetime - Math.max(own, servers) < renewShare * lifetime);
  }

  function renew(): Promise<void> {
    running ??= exchange()
      .catch((error: unknown) => {
        failedAt = now();
        throw error;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    renew,
    renewIfDue(serverNow) {
      const { record } = slot;
      const sinceFailure = now() - failedAt;
      const pausing = sinceFailure >= 0 && sinceFailure < pauseSeconds * 1000;
      // The client also renews a token that seems to have expired. Only the server decides whether a token has expired,
      // because the app's clock may be wrong.
      if (record?.state === 'connected' && !pausing && isDue(record, serverNow)) renew().catch(() => undefined);
    },
  };
}
