// Renews the token before it expires.
import type { RefreshTokenRequest } from '../vocabulary/wire/token-json.js';
import type { Addresses } from './addresses.js';
import { ClientError } from './client-error.js';
import { grantOf, obtained } from './grant.js';
import { checkedIssuer } from './issuer.js';
import type { Platform } from './platform.js';
import type { Connected, Slot } from './stored-connection.js';
import type { Answer, TokenEndpoint } from './token-endpoint.js';

/** The dependencies and options of renewals. */
export interface RenewalServices {
  readonly platform: Pick<Platform, 'now' | 'parseUrl'>;
  readonly addresses: Addresses;
  /** The issuers that this app may connect to. */
  readonly issuers: readonly string[] | undefined;
  readonly endpoint: TokenEndpoint;
  readonly slot: Slot;
  readonly clientId: string;
  /** Renew when less than this share of the token's lifetime is left, 0 (never) to 1. */
  readonly renewShare: number;
  /** Ends the connection, unless its record has changed since. */
  readonly lose: (refused: Connected) => Promise<void>;
}

/** Renews tokens. */
export interface Renewal {
  /** Renews now. Concurrent calls share one renewal. The old token stays until the new one is stored. */
  renew(): Promise<void>;
  /**
   * Starts a renewal if it is due. Failures are ignored, because the old token is still valid.
   * @param serverNow the server's clock in milliseconds, if known from an answer
   */
  renewIfDue(serverNow?: number): void;
}

/** The pause after a failed renewal. Without it, every call would try again while the server is unavailable. */
const pauseSeconds = 60;

export function renewal(services: RenewalServices): Renewal {
  const { endpoint, slot, clientId, addresses, issuers, renewShare, lose } = services;
  const { now, parseUrl } = services.platform;
  let running: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  /**
   * Sends the renewal to the address that answers. But only the issuer's own address can refuse it: another server may
   * answer at the others.
   */
  async function ask({ issuer }: Connected, form: RefreshTokenRequest): Promise<{ answer: Answer; own: boolean }> {
    const origin = await addresses.find(issuer);
    if (origin !== addresses.own(issuer)) {
      const answer = await endpoint.send(addresses.endpoint(origin, issuer, 'token'), form).catch(() => undefined);
      if (answer?.status === 200) return { answer, own: false };
      addresses.avoid(origin, issuer);
    }
    return { answer: await endpoint.persist(`${issuer}/token`, form), own: true };
  }

  /** The issuer of the server from now on. A server that has moved says so in its answer to a renewal. */
  function issuerAfter(former: string, { issuer: named }: Answer['body']): string {
    if (typeof named !== 'string') return former;
    try {
      const issuer = checkedIssuer(named, parseUrl, issuers);
      // Never from https to http, which is possible on loopback addresses.
      return parseUrl(issuer)?.protocol === parseUrl(former)?.protocol ? issuer : former;
    } catch {
      // The app does not know this server, so it stays with the address that it has.
      return former;
    }
  }

  async function exchange(): Promise<void> {
    const asked = slot.record;
    // Another window may already have renewed the token. The server treats the use of a replaced token as theft.
    await slot.catchUp();
    const old = slot.record;
    if (old?.state !== 'connected') throw new ClientError('ERR_DISCONNECTED');
    if (old !== asked) return;
    const form: RefreshTokenRequest = {
      grant_type: 'refresh_token',
      refresh_token: old.token,
      client_id: clientId,
    };
    const { answer, own } = await ask(old, form);
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
   * Whether a renewal is due. Of the app's clock and the server's clock, the one that shows more elapsed time counts.
   * If the app's clock shows a time before the token was obtained, the clock was changed and the elapsed time is
   * unknown, so a renewal is due.
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
      // Also renews an expired token: only the server decides whether it has expired, because this clock can be wrong.
      if (record?.state === 'connected' && !pausing && isDue(record, serverNow)) renew().catch(() => undefined);
    },
  };
}
