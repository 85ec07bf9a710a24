// A new token for the old one, before the old one ends.
import { ClientError } from './client-error.js';
import { grantOf, obtained } from './grant.js';
import type { Platform } from './platform.js';
import type { Connected, Slot } from './stored-connection.js';
import type { TokenEndpoint } from './token-endpoint.js';

/** What renewing works with. */
export interface RenewalServices {
  readonly platform: Pick<Platform, 'now'>;
  readonly endpoint: TokenEndpoint;
  readonly slot: Slot;
  readonly clientId: string;
  /** Renew when less than this share of the lifetime is left, 0 to 1. */
  readonly renewShare: number;
  /** Ends the connection, unless it has changed already. */
  readonly lose: (refused: Connected) => Promise<void>;
}

/** Renews tokens. */
export interface Renewal {
  /** Renews now; calls that come meanwhile share the outcome. Until the new token is stored, the old one stays. */
  renew(): Promise<void>;
  /**
   * Begins to renew if it is time. Failures are of no concern yet: the old token still counts. `serverNow`: the server's
   * clock, in milliseconds, where an answer had it.
   */
  renewIfDue(serverNow?: number): void;
}

/** So that a server which does not answer is not asked with every call. */
const pauseSeconds = 60;

export function renewal(services: RenewalServices): Renewal {
  const { endpoint, slot, clientId, renewShare, lose } = services;
  const { now } = services.platform;
  let running: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  async function exchange(): Promise<void> {
    const asked = slot.record;
    // Another window of the app may have renewed already: using a replaced token looks like theft to the server.
    await slot.catchUp();
    const old = slot.record;
    if (old?.state !== 'connected') throw new ClientError('ERR_DISCONNECTED');
    if (old !== asked) return;
    const form = { grant_type: 'refresh_token', refresh_token: old.token, client_id: clientId };
    const answer = await endpoint.persist(`${old.issuer}/token`, form);
    const { error } = answer.body as { error?: unknown };
    if (error === 'invalid_grant' || error === 'invalid_token') {
      await lose(old);
      if (slot.record?.state !== 'connected') throw new ClientError('ERR_DISCONNECTED');
      return;
    }
    const grant = grantOf(answer);
    await slot.replace(old, {
      ...old,
      token: grant.token,
      deviceId: grant.deviceId ?? old.deviceId,
      account: grant.account ?? old.account,
      ...obtained(answer, grant, now()),
    });
  }

  /**
   * By whichever clock more has passed. Where the app's own stands before the token was obtained, it was set meanwhile, and
   * nobody knows how much has passed.
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
      // Also past its end: that is the server's to say, since this clock can be wrong.
      if (record?.state === 'connected' && !pausing && isDue(record, serverNow)) renew().catch(() => undefined);
    },
  };
}
