// Watches the host's session store. Records which sessions are new, and prevents writes to sessions that have ended.
import type { IncomingMessage } from 'node:http';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { MaybePromise } from '../vocabulary/maybe-promise.js';

/** The part of express-session's `req.session` that Latchkey needs. */
export interface HostSession {
  latchkey?: unknown;
  readonly id: string;
  readonly cookie?: { readonly path?: unknown };
  readonly req: SessionRequest;
  regenerate(callback: Done): unknown;
  save(callback: Done): unknown;
  destroy(callback: Done): unknown;
}

/** A request with the properties that express-session adds. */
export interface SessionRequest extends IncomingMessage {
  session?: HostSession;
  sessionID?: string;
  sessionStore?: SessionStore;
  /** Cookie parsers set this property, and express-session reads it. */
  readonly cookies?: unknown;
  readonly signedCookies?: unknown;
}

/** The part of an express-session store that Latchkey needs. */
export interface SessionStore {
  generate(req: SessionRequest): void;
  createSession(req: SessionRequest, data: object): unknown;
  get(id: string, callback: (error: unknown, data?: object | null) => void): void;
  set(id: string, session: object, callback?: Done): void;
  destroy(id: string, callback?: Done): void;
}

/** Express-session's callbacks. */
export type Done = (error?: unknown) => void;

/** Merges the data that other requests have `stored` into `session`. Called before an existing session is saved. */
export type Merge = (session: HostSession, stored: object) => void;

// The sessions that a store created, each with the session id that the request sent. A client cannot choose the id of
// such a session.
const made = new WeakMap<object, { readonly named: string | undefined; written: boolean }>();
// Sessions that a store loaded.
const revived = new WeakSet<object>();
const merges = new WeakMap<object, Merge>();
type Verbs = Pick<SessionStore, 'generate' | 'createSession' | 'set'>;
const watches = new WeakMap<SessionStore, Verbs>();
const queues = new WeakMap<SessionStore, Map<string, Promise<unknown>>>();

/**
 * Starts to watch the store of this request. This function is called on every request, because express-session and its
 * wrappers can replace the store's methods. If the store is already watched, the call only compares these methods.
 */
export function watchStore({ sessionStore: store }: SessionRequest, isBound: (session: object) => boolean): void {
  if (store === undefined) return;
  const { generate, createSession, set } = store;
  const watch = watches.get(store);
  if (watch?.generate === generate && watch.createSession === createSession && watch.set === set) return;
  const watched: Verbs = {
    generate: watch?.generate === generate ? generate : watchedGenerate(generate),
    createSession: watch?.createSession === createSession ? createSession : watchedRevival(createSession),
    set: watch?.set === set ? set : watchedSet(set, isBound),
  };
  Object.assign(store, watched);
  watches.set(store, watched);
}

/**
 * Returns whether this request itself created the session, with a generated id. If the store was watched at that time,
 * Latchkey has recorded the answer. Otherwise the session counts as new if the store does not have it and no cookie of
 * the request contains its id.
 */
export function isNew(req: SessionRequest): MaybePromise<boolean> {
  const { session, sessionStore: store } = req;
  if (session === undefined || store === undefined) return false;
  if (made.has(session)) return true;
  if (revived.has(session) || isNamed(req, session.id)) return false;
  return readStored(store, session.id).then(
    (stored) => {
      if (stored === undefined) made.set(session, { named: undefined, written: false });
      return stored === undefined;
    },
    (cause: unknown) => {
      throw new LatchkeyError('ERR_SESSION_UNAVAILABLE', { cause });
    },
  );
}

/**
 * Returns the session id that the request sent, if the store had no session with that id and created this one instead.
 */
export function namedBefore(session: HostSession): string | undefined {
  return made.get(session)?.named;
}

/** Ensures that saving this session keeps the data that other requests have meanwhile written to it. */
export function mergeOnSave(session: HostSession, merge: Merge): void {
  merges.set(session, merge);
}

/** Reads a session from the store. */
export function readStored(store: SessionStore, id: string): Promise<object | undefined> {
  return new Promise((resolve, reject) => {
    store.get(id, (error, data) => {
      if (error === undefined || error === null || isMissing(error)) resolve(data ?? undefined);
      else reject(error);
    });
  });
}

/** Runs the work after all earlier work with the same id and store has ended. */
export function inTurn<Result>(store: SessionStore, id: string, work: () => Promise<Result>): Promise<Result> {
  const queue = queues.get(store) ?? new Map<string, Promise<unknown>>();
  queues.set(store, queue);
  const turn = (queue.get(id) ?? Promise.resolve()).then(work, work);
  queue.set(id, turn);
  const leave = () => {
    if (queue.get(id) === turn) queue.delete(id);
  };
  turn.then(leave, leave);
  return turn;
}

function watchedGenerate(generate: SessionStore['generate']): SessionStore['generate'] {
  return function (this: SessionStore, req) {
    const named = req.sessionID;
    generate.call(this, req);
    if (req.session !== undefined) made.set(req.session, { named, written: false });
  };
}

function watchedRevival(createSession: SessionStore['createSession']): SessionStore['createSession'] {
  return function (this: SessionStore, req, data) {
    const session = createSession.call(this, req, data);
    if (req.session !== undefined) revived.add(req.session);
    return session;
  };
}

/**
 * Wraps `set` so that a session is not written back after it was ended and removed from the store. If another instance
 * ends the session between the read and the write, the session is still written back, but its login is refused.
 */
function watchedSet(set: SessionStore['set'], isBound: (session: object) => boolean): SessionStore['set'] {
  return function (this: SessionStore, id, session, done = () => {}) {
    const making = made.get(session);
    const merge = merges.get(session);
    if (making?.written === false && merge === undefined) {
      set.call(this, id, session, (error) => {
        if (error === undefined || error === null) making.written = true;
        done(error);
      });
      return;
    }
    if (!isLoaded(session) || !isBound(session)) {
      set.call(this, id, session, done);
      return;
    }
    const write = async () => {
      const stored = await readStored(this, id);
      if (stored === undefined) return;
      merge?.(session, stored);
      await new Promise<void>((resolve, reject) => {
        set.call(this, id, session, (error) => (error === undefined || error === null ? resolve() : reject(error)));
      });
    };
    // The callback runs outside the promise, so that an error in the callback does not reject the promise.
    const answer = (error?: unknown) => setImmediate(done, error);
    (merge === undefined ? write() : inTurn(this, `write ${id}`, write)).then(() => answer(), answer);
  };
}

/** Returns whether this object is the session of a request. It might also be plain data for the store. */
function isLoaded(session: object): session is HostSession {
  return 'req' in session && typeof session.req === 'object' && session.req !== null;
}

/**
 * Returns whether a cookie contains the session id, after decoding by express-session or by an earlier cookie parser.
 */
function isNamed({ headers, cookies, signedCookies }: SessionRequest, id: string): boolean {
  const parsed = [cookies, signedCookies].flatMap((values) => Object.values(values ?? {}));
  if (parsed.some((value) => typeof value === 'string' && value.includes(id))) return true;
  const { cookie = '' } = headers;
  const bytes = cookie.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return cookie.includes(id) || Buffer.from(bytes, 'latin1').toString().includes(id);
}

// Some stores, such as session-file-store, report a missing session as an error. Express-session also treats this error
// as a missing session.
function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
