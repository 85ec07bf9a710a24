// Redeems a scanned link or a typed code, and stores the token.
import type { QuickConnectTokenRequest } from '../vocabulary/wire/token-json.js';
import { type ApprovalQuestion, awaitApproval } from './await-approval.js';
import { ClientError, type ClientErrorCode } from './client-error.js';
import { grantOf, obtained, pendingOf } from './grant.js';
import { checkedIssuer } from './issuer.js';
import type { Platform, SignalLike } from './platform.js';
import type { PairingLink } from './scanned-link.js';
import { type AskServer, isDecision, isRevoked } from './server-endpoint.js';
import type { Attempt, Connected, PendingApproval, Slot } from './stored-connection.js';
import type { Answer } from './token-endpoint.js';

/** A link from `parseLink`, or a typed code with the issuer of its server. */
export type PairingProof = PairingLink | { readonly issuer: string; readonly code: string };

/** What the app shows while the user has to approve the connection in the browser. */
export interface ApprovalRequest {
  /** The number that the user types into the browser. Absent if the server does not use a number. */
  readonly matchNumber?: string | undefined;
  readonly expiresInSeconds: number;
}

/** The options of `redeem` and `resume`. */
export interface RedeemOptions {
  /**
   * The client calls this function once if the user has to approve the connection in the browser. Show the number in
   * large type.
   */
  readonly onApproval?: ((request: ApprovalRequest) => void) | undefined;
  /**
   * If you abort this signal, the client stops waiting and keeps the attempt. `resume()` continues the attempt, and
   * `clear()` discards it.
   */
  readonly signal?: SignalLike | undefined;
}

/** The dependencies and options of `redeemer`. */
export interface RedeemServices {
  readonly platform: Platform;
  readonly askServer: AskServer;
  readonly slot: Slot;
  readonly clientId: string;
  readonly deviceName: string;
  readonly appVersion: string | undefined;
  /** The system that the app runs on. */
  readonly system: string | undefined;
  readonly issuers: readonly string[] | undefined;
}

const quickConnectGrant: QuickConnectTokenRequest['grant_type'] = 'urn:latchkey:params:oauth:grant-type:quick-connect';
/**
 * The number of seconds for which a redemption id is reused. After this time, the attempt's pairing has expired, so a
 * retry cannot succeed.
 */
const attemptSeconds = 600;
/** The errors that end the wait for approval. */
const final: readonly ClientErrorCode[] = ['ERR_DENIED', 'ERR_EXPIRED', 'ERR_CODE_REFUSED', 'ERR_REQUEST_REFUSED'];

/** Redeems codes and links, and resumes interrupted attempts. */
export interface Redeemer {
  redeem(proof: PairingProof, options: RedeemOptions): Promise<Connected>;
  resume(options: RedeemOptions): Promise<Connected>;
}

export function redeemer(services: RedeemServices): Redeemer {
  const { platform, askServer, slot, clientId, deviceName, appVersion, system } = services;
  const { now, parseUrl } = platform;

  /**
   * Stores the attempt before the client sends a request. So the client can request a lost answer again, even after a
   * restart of the app.
   */
  async function begin(issuer: string): Promise<Attempt> {
    const before = slot.record;
    if (before?.state === 'connected') throw new ClientError('ERR_CONNECTED');
    const fresh = before !== undefined && before.issuer === issuer && now() - before.startedAt < attemptSeconds * 1000;
    const attempt: Attempt = {
      state: 'redeeming',
      issuer,
      redemptionId: fresh ? before.redemptionId : platform.randomId(),
      startedAt: fresh ? before.startedAt : now(),
    };
    await put(before, attempt);
    return attempt;
  }

  async function put(before: Attempt | undefined, after: Attempt): Promise<void> {
    if (!(await slot.replace(before, after))) throw new ClientError('ERR_ABORTED');
  }

  async function finish(attempt: Attempt, answer: Answer): Promise<Connected> {
    const grant = grantOf(answer);
    const { token, deviceId, account } = grant;
    if (deviceId === undefined || account === undefined) throw new ClientError('ERR_ANSWER');
    const connected: Connected = {
      state: 'connected',
      issuer: attempt.issuer,
      token,
      deviceId,
      account,
      ...obtained(answer, grant, now()),
    };
    if (await slot.replace(attempt, connected)) return connected;
    // The app has discarded the attempt in the meantime. The client will never use this token, so it revokes the token.
    const revocation = { token, client_id: clientId };
    await askServer({ issuer: attempt.issuer, path: 'revoke', form: revocation, accepts: isRevoked }).catch(
      () => undefined,
    );
    throw new ClientError('ERR_ABORTED');
  }

  async function approved(attempt: Attempt, pending: PendingApproval, options: RedeemOptions): Promise<Connected> {
    const { matchNumber, expiresAt } = pending;
    const expiresInSeconds = Math.max(0, Math.round((expiresAt - now()) / 1000));
    options.onApproval?.({ expiresInSeconds, matchNumber });
    const form = { client_id: clientId, redemption_id: attempt.redemptionId };
    const target = { issuer: attempt.issuer, path: 'token', accepts: isDecision } as const;
    const question: ApprovalQuestion = {
      send: async (poll, signal) => (await askServer({ ...target, form: poll, signal })).answer,
      form,
      pending,
      signal: options.signal,
    };
    try {
      return await finish(attempt, await awaitApproval(platform, question));
    } catch (error) {
      if (error instanceof ClientError && final.includes(error.code)) {
        const { pending: _ended, ...rest } = attempt;
        await slot.replace(attempt, rest);
      }
      throw error;
    }
  }

  return {
    async redeem(proof, options) {
      const attempt = await begin(checkedIssuer(proof.issuer, parseUrl, services.issuers));
      const form: QuickConnectTokenRequest = {
        grant_type: quickConnectGrant,
        ...('code' in proof ? { code: proof.code } : { id: proof.id, secret: proof.secret }),
        client_id: clientId,
        device_name: deviceName,
        app_version: appVersion,
        platform: system,
        redemption_id: attempt.redemptionId,
      };
      const { issuer } = attempt;
      const { signal } = options;
      const { answer } = await askServer({ issuer, path: 'token', form, signal, persist: true, accepts: isDecision });
      const pending = pendingOf(answer, now());
      if (pending === undefined) return finish(attempt, answer);
      const waiting: Attempt = { ...attempt, pending };
      await put(attempt, waiting);
      return approved(waiting, pending, options);
    },

    async resume(options) {
      const attempt = slot.record;
      if (attempt?.state !== 'redeeming' || attempt.pending === undefined) throw new ClientError('ERR_DISCONNECTED');
      return approved(attempt, attempt.pending, options);
    },
  };
}
