// The host's session and the person it belongs to. Written for express-session and stores of its kind.
import type { IncomingMessage } from 'node:http';
import type { LoginEnds } from '../directory/resolution/login-ends.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Account, Clock, OnEvent } from '../vocabulary/types.js';
import { cookiePaths } from './cookie-paths.js';
import { chain, type MaybePromise } from './maybe-promise.js';
import { type Done, type HostSession, isNew, type SessionRequest, watchStore } from './session-store.js';
import { successions } from './succession.js';

interface Owner {
  readonly subject: string;
  /** Tells a re-created user from the one who left. */
  readonly userId: string;
}

/** The session is merely used under a header: it is the header that logs in. */
export interface HeaderBinding extends Owner {
  readonly by: 'header';
}

/** The session is a login: made at `login`, or by the host's own sign-in. */
export interface LoginBinding extends Owner {
  readonly by: 'login' | 'sign-in';
  /** The login's id, by which it is ended for good. */
  readonly login: string;
}

/** Whose session this is, and why. */
export type Binding = HeaderBinding | LoginBinding;

/** Where the session is looked at: an upgrade has no answer that could set a cookie. */
export type Occasion = 'request' | 'upgrade';

/** The verbs on a request's session. */
export interface Sessions {
  /**
   * Whether there is a session to look at. `false`: the cookie's `path` lies elsewhere, so there can be none. Throws
   * `ERR_SESSION_UNAVAILABLE` where there should be one, and `ERR_TARGET_NOT_CANONICAL` for a target without a path.
   */
  require(req: IncomingMessage, url: string): boolean;
  present(req: IncomingMessage): boolean;
  /** Throws `ERR_SESSION_UNAVAILABLE` where there is no session. */
  demand(req: IncomingMessage): void;
  bindingOf(req: IncomingMessage): Binding | undefined;
  /** Lets the session belong to this account: as it is, from its first use on, or as a new and empty one. */
  hold(req: IncomingMessage, account: Account, occasion: Occasion): undefined | Promise<undefined>;
  /** Begins a new session for this account; it is in the store when the promise resolves. */
  start(req: IncomingMessage, account: Account, by: 'login' | 'sign-in'): Promise<LoginBinding>;
  /** Ends the session and its data, and for good the login that it is. `signed-out` returns when every instance knows. */
  end(req: IncomingMessage, reason: string, occasion: Occasion): Promise<undefined>;
}

/** The verbs on the session that express-session put on the request. */
export function sessions(onEvent: OnEvent, logins: LoginEnds, now: Clock): Sessions {
  const successors = successions(now);
  const paths = cookiePaths();

  async function renew(
    req: SessionRequest,
    occasion: Occasion,
    { reason, binding }: { readonly reason?: string; readonly binding?: Binding },
  ): Promise<undefined> {
    const session = required(req);
    const bound = read(session);
    // First the login, then the session: a request under way can write the session back, but not the login.
    if (bound !== undefined && bound.by !== 'header') {
      await logins.end({ ...bound, id: bound.login }, reason === 'signed-out');
    }
    if (bound !== undefined && reason !== undefined) {
      onEvent({ type: 'session.ended', subject: bound.subject, reason });
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
    // Saved before the answer: a browser follows a redirect faster than the store writes.
    await settled((done) => fresh.save(done));
  }

  /** The session is nobody's yet. It may have come in place of one that was replaced while this request was on its way. */
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
    return successors.follow(req, binding, keepBound).then((followed) => {
      if (!followed) bindOnUse(session, binding);
      return undefined;
    });
  }

  return {
    require(req: SessionRequest, url) {
      if (req.session !== undefined && req.session !== null) {
        watchStore(req, isBound);
        paths.learn(required(req));
        return true;
      }
      return paths.cover(url, unavailable);
    },
    demand: (req) => void required(req),
    present: (req: SessionRequest) => req.session !== undefined && req.session !== null,
    bindingOf: (req: SessionRequest) => (req.session === undefined ? undefined : read(req.session)),
    hold(req: SessionRequest, account, occasion) {
      const session = required(req);
      const bound = read(session);
      if (bound?.by === 'header' && isOf(bound, account)) {
        keepBound(session, bound);
        return undefined;
      }
      const binding: HeaderBinding = { subject: account.subject, userId: account.userId, by: 'header' };
      return chain(bound === undefined && isNew(req), (made) => {
        if (made) return bindNew(req, session, binding, occasion);
        // Never adopted: whoever planted the session could read along, or leave data for the next person (CVE-2022-25896).
        const fresh = () => renew(req, occasion, { reason: 'switched', binding });
        return occasion === 'upgrade' ? fresh() : successors.succeed(req, binding, fresh, keepBound);
      });
    },
    async start(req, account, by) {
      const binding = { subject: account.subject, userId: account.userId, by, login: logins.begin() } as const;
      await renew(req, 'request', { binding });
      onEvent({ type: 'session.started', subject: account.subject, how: by });
      return binding;
    },
    async end(req: SessionRequest, reason, occasion) {
      const session = required(req);
      if (read(session) === undefined && (await isNew(req))) {
        held.delete(session);
        return;
      }
      await renew(req, occasion, { reason });
    },
  };
}

/** Does the binding name exactly this user? */
export function isOf(binding: Owner, account: Account): boolean {
  return binding.subject === account.subject && binding.userId === account.userId;
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

function unavailable(): LatchkeyError {
  return new LatchkeyError('ERR_SESSION_UNAVAILABLE', {
    detail:
      "There is no session: the session store is down, or the session middleware is not mounted before authenticate (without sessions, set session: 'none').",
  });
}

function isBound(session: object): boolean {
  return read(session) !== undefined;
}

function read(session: object): Binding | undefined {
  const value = 'latchkey' in session ? session.latchkey : undefined;
  if (typeof value !== 'object' || value === null || !('subject' in value && 'userId' in value && 'by' in value)) {
    return undefined;
  }
  const { subject, userId, by } = value;
  if (typeof subject !== 'string' || typeof userId !== 'string') return undefined;
  if (by === 'header') return { subject, userId, by };
  // Without an id it could not be ended for good.
  const login = 'login' in value ? value.login : undefined;
  if ((by !== 'login' && by !== 'sign-in') || typeof login !== 'string' || login === '') return undefined;
  return { subject, userId, by, login };
}

// The bindings of sessions that may yet need them.
const held = new WeakMap<HostSession, Binding>();

/**
 * Writes the binding together with the host's first data, and not before: express-session compares and stores the
 * session as JSON, so a session that nobody uses stays unchanged, unsaved and without a cookie.
 */
function bindOnUse(session: HostSession, binding: Binding): void {
  keepBound(session, binding);
  define(session, 'toJSON', toJson);
}

/** A session that the host regenerates itself goes on belonging to the same person. */
function keepBound(session: HostSession, binding: Binding): void {
  held.set(session, binding);
  define(session, 'regenerate', regenerate);
}

// It must return the session itself: express-session leaves the cookie out of its hash only by that identity.
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
