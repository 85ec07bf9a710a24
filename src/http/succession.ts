// If a request still sends the cookie of a session that was replaced, gives the new session to this request.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Clock } from '../vocabulary/types.js';
import { bindingIn, type HeaderBinding, isOf } from './session-binding.js';
import {
  type HostSession,
  inTurn,
  mergeOnSave,
  namedBefore,
  readStored,
  type SessionRequest,
  type SessionStore,
} from './session-store.js';

/**
 * The number of seconds after a replacement in which requests may still arrive with the old cookie. The browser sent
 * these requests before it received the new cookie.
 */
const seconds = 60;

/** The maximum number of replaced sessions to remember. If there are more, the oldest are dropped. */
const most = 10_000;

type Keep = (session: HostSession, binding: HeaderBinding) => void;

/**
 * Records which new session replaced which old session, and for which user. Each process records only its own
 * replacements.
 */
export interface Successions {
  /** Returns whether there might be a successor to the session whose id this request sent. Does no I/O. */
  mayHave(session: HostSession, owner: HeaderBinding): boolean;
  /**
   * Gives the request the successor of the session whose id it sent. Returns `false` if there is no successor, or if
   * the successor has ended.
   */
  follow(req: SessionRequest, owner: HeaderBinding): Promise<boolean>;
  /**
   * Gives the request the successor of its session, and first creates the successor if necessary. If several requests
   * need a successor at the same time, only one of them creates the successor.
   */
  succeed(req: SessionRequest, owner: HeaderBinding, make: () => Promise<undefined>): Promise<undefined>;
}

interface Successor {
  /** The id of the new session. Absent until the new session has been created. */
  id?: string | undefined;
  readonly until: number;
}

/** Tracks the successors of sessions whose users log in by header. The function `keep` binds a session to its user. */
export function successions(now: Clock, keep: Keep): Successions {
  const successors = new WeakMap<SessionStore, Map<string, Successor>>();

  function successor(store: SessionStore | undefined, named: string | undefined, { userId }: HeaderBinding) {
    const found = store && successors.get(store)?.get(keyOf(named ?? '', userId));
    return found !== undefined && found.until > now() ? found : undefined;
  }

  /**
   * Registers the successor before the old session ends. So if a request no longer finds the old session in the store,
   * it finds the successor.
   */
  function expect(store: SessionStore, named: string, { userId }: HeaderBinding): Successor {
    const known = successors.get(store) ?? new Map<string, Successor>();
    successors.set(store, known);
    const expected: Successor = { until: now() + seconds * 1000 };
    known.delete(keyOf(named, userId));
    known.set(keyOf(named, userId), expected);
    // Entries are in order of creation, so the first ones expire first.
    for (const [key, { until }] of known) {
      if (until > now() && known.size <= most) break;
      known.delete(key);
    }
    return expected;
  }

  async function take(req: SessionRequest, id: string | undefined, owner: HeaderBinding): Promise<boolean> {
    const store = req.sessionStore;
    if (id === undefined || store === undefined) return false;
    const data = await readStored(store, id).catch((cause: unknown) => {
      throw lost(cause);
    });
    // The successor might have ended in the meantime.
    const binding = data && bindingIn(data);
    if (data === undefined || binding?.by !== 'header' || !isOf(binding, owner)) return false;
    req.sessionID = id;
    store.createSession(req, data);
    if (req.session !== undefined) share(req.session, owner);
    return true;
  }

  function share(session: HostSession, owner: HeaderBinding): void {
    keep(session, owner);
    const loaded = contents(session);
    mergeOnSave(session, (current, stored) => merge(loaded, current, stored));
  }

  function mayHave(session: HostSession, owner: HeaderBinding): boolean {
    return successor(session.req.sessionStore, namedBefore(session), owner) !== undefined;
  }

  async function follow(req: SessionRequest, owner: HeaderBinding): Promise<boolean> {
    const { sessionStore: store, session } = req;
    const named = session && namedBefore(session);
    if (store === undefined || named === undefined) return false;
    return inTurn(store, `succeed ${named}`, () => take(req, successor(store, named, owner)?.id, owner));
  }

  async function succeed(
    req: SessionRequest,
    owner: HeaderBinding,
    make: () => Promise<undefined>,
  ): Promise<undefined> {
    const { sessionStore: store, session } = req;
    if (store === undefined || session === undefined) return make();
    const { id } = session;
    return inTurn(store, `succeed ${id}`, async () => {
      if (await take(req, successor(store, id, owner)?.id, owner)) {
        // The store still had the old session when this request arrived, so another request might have written it back.
        // So delete the old session again.
        await new Promise<void>((resolve, reject) => {
          store.destroy(id, (error) => (error === undefined || error === null ? resolve() : reject(lost(error))));
        });
        return undefined;
      }
      const expected = expect(store, id, owner);
      await make();
      if (req.session !== undefined) {
        share(req.session, owner);
        expected.id = req.session.id;
      }
      return undefined;
    });
  }

  return { mayHave, follow, succeed };
}

function lost(cause: unknown): LatchkeyError {
  return new LatchkeyError('ERR_SESSION_UNAVAILABLE', { cause });
}

/**
 * Copies the values that other requests have stored, except for members that this request has changed.
 * @param loaded the members as they were when this request loaded the session
 */
function merge(loaded: ReadonlyMap<string, string>, current: HostSession, stored: object): void {
  const own = contents(current);
  for (const [name, value] of Object.entries(stored)) {
    if (name !== 'cookie' && own.get(name) === loaded.get(name)) Reflect.set(current, name, value);
  }
  const there = contents(stored);
  for (const [name, text] of loaded) {
    if (!there.has(name) && own.get(name) === text) Reflect.deleteProperty(current, name);
  }
}

/** Returns the members of a session as JSON, because the store also stores them as JSON. */
function contents(session: object): Map<string, string> {
  const members = Object.entries(session).filter(([name]) => name !== 'cookie');
  return new Map(members.map(([name, value]) => [name, JSON.stringify(value) ?? '']));
}

function keyOf(named: string, userId: string): string {
  return `${userId} ${named}`;
}
