// Binds the host's session to its user. Works with express-session and compatible stores.
import type { IncomingMessage } from 'node:http';
import type { LoginEnds } from '../directory/resolution/login-ends.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';
import { chain, type MaybePromise } from '../vocabulary/maybe-promise.js';
import type { Account, Clock } from '../vocabulary/types.js';
import type { SessionLogin } from '../vocabulary/words.js';
import { cookiePaths } from './cookie-paths.js';
import { type Binding, bindingIn, type HeaderBinding, isOf, type LoginBinding } from './session-binding.js';
import { type Done, type HostSession, isNew, type SessionRequest, watchStore } from './session-store.js';
import { successions } from './succession.js';

/** The kind of request. The distinction matters because the response to an upgrade cannot set a cookie. */
export type Occasion = 'request' | 'upgrade';

/** The operations on a request's session. */
export interface Sessions {
  /**
   * Returns whether the request has a session. Returns `false` if the request lies outside the cookie's `path` and
   * therefore cannot have a session.
   *
   * @throws {LatchkeyError} `ERR_SESSION_UNAVAILABLE` when the request should have a session but has none;
   * `ERR_TARGET_NOT_CANONICAL` for a target without a path.
   */
  require(req: IncomingMessage, url: string): boolean;
  /** Returns whether the request has a session. Unlike `require`, never throws. */
  has(req: IncomingMessage): boolean;
  /**
   * Checks that the request has a session.
   *
   * @throws {LatchkeyError} `ERR_SESSION_UNAVAILABLE` when the request has no session.
   */
  demand(req: IncomingMessage): void;
  bindingOf(req: IncomingMessage): Binding | undefined;
  /**
   * Ensures that the session belongs to this account. Keeps a session that is already bound to this account. If the
   * session is new, binds it when the host first stores data in it. Replaces any other session with an empty session.
   */
  hold(req: IncomingMessage, account: Account, occasion: Occasion): MaybePromise<undefined>;
  /** Starts a new session for this account. When the promise resolves, the session has been saved to the store. */
  start(req: IncomingMessage, account: Account, by: SessionLogin): Promise<LoginBinding>;
  /**
   * Ends the session and its login permanently, and deletes its data. With the reason `signed-out`, the promise
   * resolves only after all instances have been notified that the login has ended.
   */
  end(req: IncomingMessage, reason: string, occasion: Occasion): Promise<undefined>;
}

/** Creates the operations on the session that express-session puts on the request. */
export function sessions(onEvent: OnEvent, logins: LoginEnds, now: Clock): Sessions {
  const successors = successions(now, keepBound);
  const paths = cookiePaths();

  async function renew(
    req: SessionRequest,
    occasion: Occasion,
    { reason, binding }: { readonly reason?: string | undefined; readonly binding?: Binding | undefined },
  ): Promise<undefined> {
    const session = required(req);
    const bound = bindingIn(session);
    // Latchkey ends the login before the session. A request in progress might write back the session, but cannot
    // restore the login.
    if (bound !== undefined && bound.by !== 'header') {
      await logins.end(bound, { everywhere: reason === 'signed-out' });
    }
    if (bound !== undefined && reason !== undefined) {
      onEvent({ type: 'session.ended', userId: bound.userId, subject: bound.subject, reason });
    }
    held.delete(session);
    await (occasion === 'upgrade' ? settled((done) => session.destroy(done)) : replace(req, session, binding));
  }

  async function replace(req: SessionRequest, session: HostSession, binding: Binding | undefined): Promise<void> {
    await settled((done) => session.regenerate(done));
    if (binding === undefined) return;
    const fresh = required(req);
    fresh.latchkey = binding;
    if (binding.by === 'header') keepBound(fresh, binding);
    // The session is saved before the response is sent. Otherwise the browser might follow a redirect before the
    // session is in the store.
    await settled((done) => fresh.save(done));
  }

  /**
   * Binds a new session. If the browser's previous session was replaced while the request was in transit, uses the
   * replacement.
   */
  function bindNew(
    req: SessionRequest,
    session: HostSession,
    binding: HeaderBinding,
    occasion: Occasion,
  ): MaybePromise<undefined> {
    if (occasion === 'upgrade' || !successors.mayHave(session, binding)) {
      bindOnUse(session, binding);
      return undefined;
    }
    return successors.follow(req, binding).then((followed) => {
      if (!followed) bindOnUse(session, binding);
      return undefined;
    });
  }

  function require(req: SessionRequest, url: string): boolean {
    if (!has(req)) return paths.cover(url, unavailable);
    watchStore(req, isBound);
    paths.learn(required(req));
    return true;
  }

  function hold(req: SessionRequest, account: Account, occasion: Occasion): MaybePromise<undefined> {
    const session = required(req);
    const bound = bindingIn(session);
    if (bound?.by === 'header' && isOf(bound, account)) {
      keepBound(session, bound);
      return undefined;
    }
    const binding: HeaderBinding = { subject: account.subject, userId: account.userId, by: 'header' };
    return chain(bound === undefined && isNew(req), (made) => {
      if (made) return bindNew(req, session, binding, occasion);
      // Latchkey must not bind this session to the account, because an attacker might have planted it. The attacker
      // could then read the user's data, or leave data for the user (CVE-2022-25896).
      const fresh = () => renew(req, occasion, { reason: 'switched', binding });
      return occasion === 'upgrade' ? fresh() : successors.succeed(req, binding, fresh);
    });
  }

  async function start(req: SessionRequest, account: Account, by: LoginBinding['by']): Promise<LoginBinding> {
    const binding = { subject: account.subject, userId: account.userId, by, login: logins.begin(account) };
    await renew(req, 'request', { binding });
    onEvent({ type: 'session.started', userId: account.userId, subject: account.subject, how: by });
    return binding;
  }

  async function end(req: SessionRequest, reason: string, occasion: Occasion): Promise<undefined> {
    const session = required(req);
    if (bindingIn(session) === undefined && (await isNew(req))) {
      held.delete(session);
      return;
    }
    await renew(req, occasion, { reason });
  }

  return {
    require,
    has,
    demand: (req) => void required(req),
    bindingOf: (req: SessionRequest) => (req.session === undefined ? undefined : bindingIn(req.session)),
    hold,
    start,
    end,
  };
}

function has({ session }: SessionRequest): boolean {
  return session !== undefined && session !== null;
}

function required(req: SessionRequest): HostSession {
  const { session } = req;
  if (session === undefined || session === null) throw unavailable();
  if (typeof session.regenerate !== 'function') {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: "req.session has no regenerate(); expected express-session, or session: 'none'",
    });
  }
  return session;
}

const noSession =
  'There is no session: the session store is down, or the session middleware is not mounted before authenticate ' +
  "(without sessions, set session: 'none')";

function unavailable(): LatchkeyError {
  // The advice for the operator is in the `cause`, because clients never see causes.
  return new LatchkeyError('ERR_SESSION_UNAVAILABLE', { cause: new Error(noSession) });
}

function isBound(session: object): boolean {
  return bindingIn(session) !== undefined;
}

// The bindings that `toJson` and `regenerate` use.
const held = new WeakMap<HostSession, Binding>();

/**
 * Writes the binding only when the host first stores data in the session. This works because express-session uses JSON
 * to compare and store sessions. A session without data is not saved and gets no cookie.
 */
function bindOnUse(session: HostSession, binding: Binding): void {
  keepBound(session, binding);
  define(session, 'toJSON', toJson);
}

/** Ensures that the session stays bound if the host itself regenerates it. */
function keepBound(session: HostSession, binding: Binding): void {
  held.set(session, binding);
  define(session, 'regenerate', regenerate);
}

// This function must return the session object itself. For any other object, express-session would include the cookie
// in its hash.
function toJson(this: HostSession): HostSession {
  const binding = held.get(this);
  if (binding !== undefined && this.latchkey === undefined && Object.keys(this).some((name) => name !== 'cookie')) {
    this.latchkey = binding;
  }
  return this;
}

function regenerate(this: HostSession, callback: Done): HostSession {
  const { req } = this;
  const binding = held.get(this);
  const inherited: HostSession = Object.getPrototypeOf(this);
  inherited.regenerate.call(this, (error) => {
    if (binding !== undefined && req.session !== undefined) bindOnUse(req.session, binding);
    callback(error);
  });
  return this;
}

function define(session: HostSession, name: string, value: unknown): void {
  Object.defineProperty(session, name, { configurable: true, enumerable: false, writable: true, value });
}

function settled(start: (done: Done) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(new LatchkeyError('ERR_SESSION_UNAVAILABLE', { cause: error }));
    });
  });
}
