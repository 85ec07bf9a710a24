// http/: the host's session store, watched: which sessions it has just made, and writes that come after the end.
import type { IncomingMessage } from 'node:http';

/** What Latchkey needs of express-session's `req.session`. */
export interface HostSession {
  latchkey?: unknown;
  readonly id: string;
  readonly cookie?: { readonly path?: unknown };
  readonly req: SessionRequest;
  regenerate(callback: Done): unknown;
  save(callback: Done): unknown;
  destroy(callback: Done): unknown;
}

/** The request with what express-session puts on it. */
export interface SessionRequest extends IncomingMessage {
  session?: HostSession;
  sessionID?: string;
  sessionStore?: SessionStore;
  /** What cookie parsers put on the request, and express-session reads, too. */
  readonly cookies?: unknown;
  readonly signedCookies?: unknown;
}

/** What Latchkey needs of a store of express-session. */
export interface SessionStore {
  generate(req: SessionRequest): void;
  createSession(req: SessionRequest, data: object): unknown;
  get(id: string, callback: (error: unknown, data?: object | null) => void): void;
  set(id: string, session: object, callback?: Done): void;
  destroy(id: string, callback?: Done): void;
}

/** Express-session's callbacks. */
export type Done = (error?: unknown) => void;

/** Writes one session that is there; calls `write` once what other requests wrote is in it. */
export type Merge = (session: HostSession, stored: object) => void;

// What a store made, with the id that the request had named: no client can have chosen the id of such a session.
const made = new WeakMap<object, { readonly named: string | undefined; written: boolean }>();
const merges = new WeakMap<object, Merge>();
const watches = new WeakMap<SessionStore, { readonly generate: unknown; readonly set: unknown }>();
const queues = new WeakMap<SessionStore, Map<string, Promise<unknown>>>();

/**
 * Watches the store of this request from now on. Express-session, and what wraps it, may replace the verbs: so this is
 * asked on every request, and costs a comparison.
 */
export function watchStore({ sessionStore: store }: SessionRequest, isBound: (session: object) => boolean): void {
  if (store === undefined) return;
  const watch = watches.get(store);
  if (watch !== undefined && watch.generate === store.generate && watch.set === store.set) return;
  const generate = watch?.generate === store.generate ? store.generate : watchedGenerate(store.generate);
  const set = watch?.set === store.set ? store.set : watchedSet(store.set, isBound);
  Object.assign(store, { generate, set });
  watches.set(store, { generate, set });
}

/**
 * Was this session made in this very request, under an id of the generator? The store says so. Before its first request
 * was seen it could not: then only a request without any cookie counts, since express-session had nothing to look up.
 */
export function isNew(req: SessionRequest): boolean {
  const { session, sessionStore } = req;
  if (session === undefined || sessionStore === undefined) return false;
  if (made.has(session)) return true;
  if (req.headers.cookie !== undefined || !isEmpty(req.cookies) || !isEmpty(req.signedCookies)) return false;
  made.set(session, { named: undefined, written: false });
  return true;
}

/** The id that the request named when this session was made in its place: the store did not have it any more. */
export function namedBefore(session: HostSession): string | undefined {
  return made.get(session)?.named;
}

/** From now on what other requests wrote to this session meanwhile is kept when it is saved. */
export function mergeOnSave(session: HostSession, merge: Merge): void {
  merges.set(session, merge);
}

/** Reads a session of the store. */
export function readStored(store: SessionStore, id: string): Promise<object | undefined> {
  return new Promise((resolve, reject) => {
    store.get(id, (error, data) => {
      if (error === undefined || error === null || isMissing(error)) resolve(data ?? undefined);
      else reject(error);
    });
  });
}

/** Runs what concerns one session of a store one after the other. */
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

/**
 * A session that is not in the store any more has ended while this request was under way. Its data is not written back.
 * (An ended login stays refused even so: between the look and the write another instance may end it.)
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
    // Called back outside of the promise: what the callback throws is the caller's.
    const answer = (error?: unknown) => setImmediate(done, error);
    (merge === undefined ? write() : inTurn(this, `write ${id}`, write)).then(() => answer(), answer);
  };
}

/** A request's session, not plain data that somebody hands to the store. */
function isLoaded(session: object): session is HostSession {
  return 'req' in session && typeof session.req === 'object' && session.req !== null;
}

function isEmpty(cookies: unknown): boolean {
  return typeof cookies !== 'object' || cookies === null || Object.keys(cookies).length === 0;
}

// Some stores report a session that is not there as an error (session-file-store); express-session knows that.
function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
