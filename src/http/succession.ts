// When a session was replaced, gives its successor to requests that still send the old cookie.
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

/** How long a browser may keep sending the old cookie, for requests that it started before it received the new one. */
const seconds = 60;

/** How many replaced sessions are remembered at once. Beyond that, the oldest are dropped. */
const most = 10_000;

type Keep = (session: HostSession, binding: HeaderBinding) => void;

/** Records which session replaced which, and for which user. Covers this process only. */
export interface Successions {
  /** Whether the session that this request named may have a successor. Without I/O. */
  mayHave(session: HostSession, owner: HeaderBinding): boolean;
  /** Gives the request the successor. `false`: there is none, or it has ended. */
  follow(req: SessionRequest, owner: HeaderBinding): Promise<boolean>;
  /** Gives the request the successor of its session, or creates one. Of concurrent requests, only one creates it. */
  succeed(req: SessionRequest, owner: HeaderBinding, make: () => Promise<undefined>): Promise<undefined>;
}

interface Successor {
  /** Absent until it has been created. */
  id?: string | undefined;
  readonly until: number;
}

/** Tracks the successors of sessions whose users log in by header. `keep` binds a session to its user. */
export function successions(now: Clock, keep: Keep): Successions {
  const successors = new WeakMap<SessionStore, Map<string, Successor>>();

  function successor(store: SessionStore | undefined, named: string | undefined, { userId }: HeaderBinding) {
    const found = store && successors.get(store)?.get(keyOf(named ?? '', userId));
    return found !== undefined && found.until > now() ? found : undefined;
  }

  /** Registered before the old session ends, so that a request which misses it in the store finds its successor. */
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
    // The login may have ended in the meantime, and the session with it.
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
        // The old session was in the store when this request arrived, so another request may have written it back. It
        // must not stay there.
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
 * Gives the members that this request did not change the values that other requests wrote.
 * @param loaded the members at the time at which this request got the session
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

/** The members of a session as JSON, so that they are compared as they are stored. */
function contents(session: object): Map<string, string> {
  const members = Object.entries(session).filter(([name]) => name !== 'cookie');
  return new Map(members.map(([name, value]) => [name, JSON.stringify(value) ?? '']));
}

function keyOf(named: string, userId: string): string {
  return `${userId} ${named}`;
}
