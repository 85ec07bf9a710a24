// http/: the host's session and the person it belongs to. Written for express-session and stores of its kind.
import type { IncomingMessage } from 'node:http';
import { LatchkeyError } from '../errors.js';
import type { Account, OnEvent } from '../types.js';

/** Whose session this is, and why: merely used under a header, logged in at `login`, or signed in by the host. */
export interface Binding {
  readonly subject: string;
  /** Tells a re-created user from the one who left. */
  readonly userId: string;
  readonly by: 'header' | 'login' | 'sign-in';
}

/** What Latchkey needs of express-session's `req.session`. */
interface HostSession {
  latchkey?: unknown;
  readonly req: SessionRequest;
  regenerate(callback: (error: unknown) => void): unknown;
  save(callback: (error: unknown) => void): unknown;
  destroy(callback: (error: unknown) => void): unknown;
}

interface SessionRequest extends IncomingMessage {
  session?: HostSession;
  sessionID?: string;
}

/** Where the session is looked at: an upgrade has no answer that could set a cookie. */
export type Occasion = 'request' | 'upgrade';

/** The verbs on a request's session. */
export interface Sessions {
  /** Throws `ERR_SESSION_UNAVAILABLE` where there is no session to look at. */
  require(req: IncomingMessage): void;
  present(req: IncomingMessage): boolean;
  bindingOf(req: IncomingMessage): Binding | undefined;
  /** Lets the session belong to this account: as it is, from its first use on, or as a new and empty one. */
  hold(req: IncomingMessage, account: Account, occasion: Occasion): undefined | Promise<undefined>;
  /** Begins a new session for this account; it is in the store when the promise resolves. */
  start(req: IncomingMessage, account: Account, by: 'login' | 'sign-in'): Promise<void>;
  /** Ends the session and its data. */
  end(req: IncomingMessage, reason: string, occasion: Occasion): Promise<undefined>;
}

/** The verbs on the session that express-session put on the request. */
export function sessions(onEvent: OnEvent): Sessions {
  async function renew(req: SessionRequest, occasion: Occasion, binding?: Binding): Promise<undefined> {
    const session = required(req);
    held.delete(session);
    if (occasion === 'upgrade') {
      await settled((done) => session.destroy(done));
      return;
    }
    await settled((done) => session.regenerate(done));
    if (binding === undefined) return;
    const fresh = required(req);
    fresh.latchkey = binding;
    if (binding.by === 'header') keepBound(fresh, binding);
    // Saved before the answer: a browser follows a redirect faster than the store writes.
    await settled((done) => fresh.save(done));
  }

  function ended(binding: Binding | undefined, reason: string): void {
    if (binding !== undefined) onEvent({ type: 'session.ended', subject: binding.subject, reason });
  }

  return {
    require: (req) => void required(req),
    present: (req: SessionRequest) => req.session !== undefined && req.session !== null,
    bindingOf: (req: SessionRequest) => (req.session === undefined ? undefined : read(req.session)),
    hold(req: SessionRequest, account, occasion) {
      const session = required(req);
      const bound = read(session);
      if (bound !== undefined && bound.by !== 'sign-in' && isOf(bound, account)) {
        keepBound(session, bound);
        return undefined;
      }
      const binding: Binding = { subject: account.subject, userId: account.userId, by: 'header' };
      if (bound === undefined && isNew(req)) {
        bindOnUse(session, binding);
        return undefined;
      }
      // Never adopted: whoever planted the session could read along, or leave data for the next person (CVE-2022-25896).
      ended(bound, 'switched');
      return renew(req, occasion, binding);
    },
    async start(req, account, by) {
      await renew(req, 'request', { subject: account.subject, userId: account.userId, by });
      onEvent({ type: 'session.started', subject: account.subject, how: by });
    },
    async end(req: SessionRequest, reason, occasion) {
      const bound = read(required(req));
      if (bound === undefined && isNew(req)) return;
      ended(bound, reason);
      await renew(req, occasion);
    },
  };
}

/** Does the binding name exactly this user? */
export function isOf(binding: Binding, account: Account): boolean {
  return binding.subject === account.subject && binding.userId === account.userId;
}

function required(req: SessionRequest): HostSession {
  const { session } = req;
  if (session === undefined || session === null) {
    throw new LatchkeyError('ERR_SESSION_UNAVAILABLE', {
      detail:
        "There is no session: its store is down, or the session middleware is not mounted before authenticate (hosts without sessions set session: 'none').",
    });
  }
  if (typeof session.regenerate !== 'function') {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: "req.session has no regenerate(); expected express-session, or session: 'none'",
    });
  }
  return session;
}

function read(session: HostSession): Binding | undefined {
  const value = session.latchkey;
  if (typeof value !== 'object' || value === null || !('subject' in value && 'userId' in value && 'by' in value)) {
    return undefined;
  }
  const { subject, userId, by } = value;
  if (typeof subject !== 'string' || typeof userId !== 'string') return undefined;
  return by === 'header' || by === 'login' || by === 'sign-in' ? { subject, userId, by } : undefined;
}

/** Was this session made in this very request? Then no cookie of the request can have named it. */
function isNew(req: SessionRequest): boolean {
  const { cookie } = req.headers;
  if (cookie === undefined) return true;
  // A planted cookie may be escaped in any way that the cookie parser undoes.
  const bytes = cookie.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const { sessionID: id } = req;
  return typeof id === 'string' && !cookie.includes(id) && !Buffer.from(bytes, 'latin1').toString().includes(id);
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

function regenerate(this: HostSession, callback: (error: unknown) => void): HostSession {
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

function settled(start: (done: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(new LatchkeyError('ERR_SESSION_UNAVAILABLE', { cause: error }));
    });
  });
}
