// Authenticates each request, synchronously if all required values are in memory.
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { decideAdmission } from '../directory/resolution/admission.js';
import { isLoginEnded } from '../directory/resolution/login-ends.js';
import type { Identification } from '../identity/assertion.js';
import { telemetry } from '../metrics/telemetry.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { chain, type MaybePromise } from '../vocabulary/maybe-promise.js';
import type { Account, Assertion, Principal, PrincipalMethod } from '../vocabulary/types.js';
import { addressOf } from './address.js';
import { bearers, bearerToken } from './bearer.js';
import { answered, middleware } from './contain.js';
import { incompleteAssertions } from './incomplete-assertions.js';
import { withoutMark } from './login-links.js';
import { seeOther } from './refusal-page.js';
import {
  type AuthResult,
  devicePrincipal,
  keepAnswer,
  principalFor,
  setAuthResult,
  targetOf,
} from './request-principal.js';
import type { HttpServices } from './services.js';
import type { Occasion, Sessions } from './session.js';
import { isOf } from './session-binding.js';

/** The middleware `authenticate`, and the authentication functions that routes need. */
export interface Authentication {
  readonly authenticate: RequestHandler;
  /**
   * Authenticates the request, and stores the result for `authResultOf`.
   *
   * @throws {LatchkeyError} An error with the code of the refusal, thrown or as a rejection.
   */
  authenticateRequest(req: IncomingMessage, url: string, occasion: Occasion): MaybePromise<AuthResult>;
  /**
   * Authenticates a token, whether it arrived in an `Authorization` header or in another way. Returns `undefined` for a
   * token that Latchkey leaves to the host, such as a token of another issuer with `foreignTokens: 'pass'`.
   *
   * @param address returns the client's address; called only if the use of the device is recorded
   * @throws {LatchkeyError} An error with the code of the refusal, thrown or as a rejection.
   */
  authenticateToken(token: string, address: () => string | undefined): MaybePromise<Principal | undefined>;
  /** Provisions and returns the account of an assertion. Throws or rejects if the account is refused. */
  accountOf(assertion: Assertion): MaybePromise<Account>;
}

/** Creates the functions that authenticate requests by assertion, session or token. */
export function authentication(services: HttpServices, sessions: Sessions): Authentication {
  const { identifier, resolver, provisioning, localAccounts, session, devices, hostLinks, onEvent } = services;
  const tokenBearers = devices && bearers(services, devices);
  const noteIncomplete = incompleteAssertions(services);
  const { telemetry: measured = telemetry() } = services;
  const { requests } = measured.counts;

  function refusedRequest(error: unknown): void {
    requests.refused += 1;
    measured.refused(error);
  }

  function authenticateRequest(req: IncomingMessage, url: string, occasion: Occasion): MaybePromise<AuthResult> {
    let result: MaybePromise<AuthResult>;
    try {
      result = resultOf(req, url, occasion);
    } catch (error) {
      refusedRequest(error);
      throw error;
    }
    if (result instanceof Promise) result.catch(refusedRequest);
    return result;
  }

  function resultOf(req: IncomingMessage, url: string, occasion: Occasion): MaybePromise<AuthResult> {
    const { unguarded, shared = false, assertion: asserted } = identify(req, url);
    // Only one credential counts. If the request has a bearer token, valid or not, headers and sessions do not count.
    // Otherwise an app might not notice that its token is no longer valid, or might act as another user.
    const token = unguarded || shared ? bearerToken(req.headers.authorization) : undefined;
    const assertion = token === undefined ? asserted : undefined;
    const principal =
      token !== undefined
        ? authenticateToken(token, () => addressOf(req))
        : unguarded
          ? undefined
          : byPerson(req, url, assertion, occasion);
    return chain(principal, (who) => {
      const authResult: AuthResult = { principal: who, unguarded, shared, byToken: token !== undefined, assertion };
      setAuthResult(req, authResult);
      requests[who === undefined ? 'anonymous' : who.method] += 1;
      return authResult;
    });
  }

  function identify(req: IncomingMessage, url: string): Identification {
    try {
      const identification = identifier.identify({ rawHeaders: req.rawHeaders, url, socket: req.socket });
      noteIncomplete(identification);
      return identification;
    } catch (error) {
      if (error instanceof LatchkeyError) {
        onEvent({ type: 'assertion.refused', code: error.code, peer: req.socket.remoteAddress });
      }
      throw error;
    }
  }

  /** Authenticates a bearer token (RFC 6750 §2.1). Without the option `tokens`, every token belongs to the host. */
  function authenticateToken(token: string, address: () => string | undefined): MaybePromise<Principal | undefined> {
    if (devices === undefined || tokenBearers === undefined) return undefined;
    if (devices.foreignTokens === 'pass' && !devices.tokens.claimsToBeOurs(token)) return undefined;
    const accepted = tokenBearers.acceptToken(token);
    const from = readBeforeWaiting(accepted, address);
    return chain(accepted, (admitted) => {
      const confirmed = tokenBearers.confirmRenewal(admitted);
      const confirmedFrom = readBeforeWaiting(confirmed, from);
      return chain(confirmed, ({ device, account }) => {
        devices.liveness.used(device, confirmedFrom);
        return devicePrincipal(account, device);
      });
    });
  }

  function byPerson(
    req: IncomingMessage,
    url: string,
    assertion: Assertion | undefined,
    occasion: Occasion,
  ): MaybePromise<Principal | undefined> {
    const needed = session !== 'none' && (occasion === 'request' || session === 'login-only');
    const inSession = needed ? sessions.require(req, url) : session !== 'none' && sessions.has(req);
    if (session === 'login-only' || assertion === undefined) {
      return inSession ? bySession(req, assertion, occasion) : undefined;
    }
    return chain(byHeader(assertion), (admitted) => {
      if (!(admitted instanceof LatchkeyError)) {
        const principal = principalFor(admitted);
        return inSession ? chain(sessions.hold(req, admitted, occasion), () => principal) : principal;
      }
      if (localAccounts === 'ignore' && admitted.code === 'ERR_ACCOUNT_LOCAL') {
        return inSession ? bySession(req, assertion, occasion) : undefined;
      }
      if (!inSession || sessions.bindingOf(req) === undefined) throw admitted;
      // The session ends as well, so that a user who is accepted again later starts with an empty session.
      return sessions.end(req, admitted.code, occasion).then(() => Promise.reject(admitted));
    });
  }

  /** Authenticates by session. Ends the session if it no longer matches the assertion or the account. */
  function bySession(
    req: IncomingMessage,
    assertion: Assertion | undefined,
    occasion: Occasion,
  ): MaybePromise<Principal | undefined> {
    const binding = sessions.bindingOf(req);
    // This session only stores data for a user whom the header logs in. So without the header, no user is logged in (H9
    // in docs/threats.md).
    if (binding === undefined || binding.by === 'header') return undefined;
    if (binding.by === 'login' && session !== 'login-only') return undefined;
    if (assertion !== undefined && assertion.subject !== binding.subject)
      return sessions.end(req, 'switched', occasion);
    // A new assertion counts on every request, not only at the login. So if the proxy asserts other groups, the change
    // takes effect at once.
    const current =
      assertion !== undefined && binding.by === 'login' ? resolver.resolve(assertion) : resolver.find(binding.subject);
    return chain(current, (account) => {
      if (account === undefined || !isOf(binding, account)) return sessions.end(req, 'deleted', occasion);
      const expected = binding.by === 'sign-in' ? 'local' : 'proxy';
      if (account.authMethod !== expected) return sessions.end(req, 'converted', occasion);
      const refusal = refusalOf(account, 'session');
      if (refusal !== undefined) return sessions.end(req, refusal.code, occasion);
      // Another request, which was in progress during the logout, might have written the session back.
      if (isLoginEnded(account, binding.login)) return sessions.end(req, 'ended', occasion);
      return chain(linked(account), (own) => {
        if (own instanceof LatchkeyError) return sessions.end(req, own.code, occasion);
        if (assertion !== undefined && expected === 'proxy') devices?.liveness.asserted(own);
        return principalFor(own, binding.login);
      });
    });
  }

  /** Provisions the account of an assertion, and decides whether to admit the account. */
  function byHeader(assertion: Assertion): MaybePromise<Account | LatchkeyError> {
    return chain(resolver.resolve(assertion), (account) => {
      if (account === undefined) return refused(assertion, undefined, refusalOf(account, 'header'));
      const refusal = refusalOf(account, 'header');
      if (refusal !== undefined) return refused(assertion, account, refusal);
      return chain(linked(account), (own) => {
        if (own instanceof LatchkeyError) return refused(assertion, account, own);
        devices?.liveness.asserted(own);
        return own;
      });
    });
  }

  function refused(
    { subject }: Assertion,
    account: Account | undefined,
    error: LatchkeyError = new LatchkeyError('ERR_ACCOUNT_UNKNOWN'),
  ): LatchkeyError {
    onEvent({ type: 'login.refused', userId: account?.userId, subject, code: error.code });
    return error;
  }

  /** Returns the account with its link to the host's own table of users, if there is such a table. */
  function linked(account: Account): MaybePromise<Account | LatchkeyError> {
    return hostLinks === undefined ? account : hostLinks.linked(account);
  }

  function refusalOf(account: Account | undefined, method: PrincipalMethod): LatchkeyError | undefined {
    const admission = decideAdmission(account, method, provisioning);
    return admission.admitted ? undefined : new LatchkeyError(admission.code);
  }

  function accountOf(assertion: Assertion): MaybePromise<Account> {
    return chain(byHeader(assertion), (admitted) => {
      if (admitted instanceof LatchkeyError) throw admitted;
      return admitted;
    });
  }

  const authenticate = middleware((req, res) => {
    keepAnswer(req, res);
    return chain(authenticateRequest(req, targetOf(req), 'request'), ({ principal }) => {
      const place = session === 'login-only' && principal !== undefined ? withoutMark(req) : undefined;
      if (place === undefined) return undefined;
      seeOther(res, place);
      return answered;
    });
  });

  return { authenticate, authenticateRequest, authenticateToken, accountOf };
}

/**
 * Reads the address at once if the caller has to wait for `result`. A client that closes its connection in the meantime
 * could otherwise hide its address.
 */
function readBeforeWaiting(result: unknown, address: () => string | undefined): () => string | undefined {
  if (!(result instanceof Promise)) return address;
  const known = address();
  return () => known;
}
