// The host's session store, watched: which sessions it has just made, and writes that come after the end.
import type { IncomingMessage } from 'node:http';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { MaybePromise } from './maybe-promise.js';

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
// What a store had.
const revived = new WeakSet<object>();
const merges = new WeakMap<object, Merge>();
type Verbs = Pick<SessionStore, 'generate' | 'createSession' | 'set'>;
const watches = new WeakMap<SessionStore, Verbs>();
const queues = new WeakMap<SessionStore, Map<string, Promise<unknown>>>();

/**
 * Watches the store of this request from now on. Express-session, and what wraps it, may replace the verbs: so this is
 * asked on every request, and costs a comparison.
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
 * Was this session made in this very request, under an id of the generator? The store says so. Of requests from before its
 * first one was seen it cannot: there, a session is new if the store does not have it, and if its id is in none of the places
 * from which express-session takes one.
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

function watchedRevival(createSession: SessionStore['createSession']): SessionStore['createSession'] {
  return function (this: SessionStore, req, data) {
    const session = createSession.call(this, req, data);
    if (req.session !== undefined) revived.add(req.session);
    return session;
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

/** Is the id in a cookie, as express-session or a cookie parser before it has decoded them? */
function isNamed({ headers, cookies, signedCookies }: SessionRequest, id: string): boolean {
  const parsed = [cookies, signedCookies].flatMap((values) => Object.values(values ?? {}));
  if (parsed.some((value) => typeof value === 'string' && value.includes(id))) return true;
  const { cookie = '' } = headers;
  const bytes = cookie.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return cookie.includes(id) || Buffer.from(bytes, 'latin1').toString().includes(id);
}

// Some stores report a session that is not there as an error (session-file-store); express-session knows that.
function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
