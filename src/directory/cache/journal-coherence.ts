// Follows the directory's journal, and says by it what this process may believe. Safety rests on the journal alone.
import { randomBytes } from 'node:crypto';
import type { Journal, JournalInstance, JournalRow, Position } from '../../journal.js';
import type { SharedState } from '../../ports.js';
import type { CacheClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';
import { type JournalTimes, journalTimes } from './journal-times.js';
import { type KnownJournal, knownJournal, rememberedRows } from './known-journal.js';
import { singleFlight } from './single-flight.js';

/** What following a journal takes. */
export interface JournalCoherenceOptions {
  readonly journal: Journal;
  /** Whether each change writes its own row. If not, `saved` writes one. */
  readonly changesWriteRows: boolean;
  readonly state: Pick<SharedState, 'publish' | 'subscribe' | 'singleProcess'>;
  readonly clock: CacheClock;
  readonly outageToleranceSeconds: number;
  /** How long caches keep entries, in seconds: rows are kept an hour longer. */
  readonly ttlSeconds: number;
  readonly listener: CoherenceListener;
  /** Hears that messages between instances are missed, and that they arrive again. */
  readonly messages: { lost(): void; restored(): void };
}

/** The channel on which instances tell each other to read the journal now. */
export const bellChannel = 'bell';

const pauses = { first: 2, longest: 50 };
const pruneMilliseconds = 3_600_000;

/** Names a change in the journal that may be carried out later, and that no other row will tell of. */
const doubtedKey = '?';

/** How long an entry is held while there is such a change. */
const doubtfulMilliseconds = 2000;

/** Tells the instances of this process from those of others. */
const processId = randomBytes(9).toString('base64url');

/** An instant by both clocks of the process. */
interface Instants {
  readonly monotonic: number;
  readonly wall: number;
}

const past: Instants = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };

interface Membership {
  readonly id: string;
  readonly database: string;
  readonly known: KnownJournal;
  /** Everybody who may answer from memory knows of this one: from then on it may, too. */
  confirmed: boolean;
}

/** Joins at once, and goes on trying until it is closed. */
export function journalCoherence(options: JournalCoherenceOptions): Coherence {
  const { journal, state, clock, listener, ttlSeconds } = options;
  const times: JournalTimes = journalTimes(options.outageToleranceSeconds);
  const beats = singleFlight<boolean>();
  let member: Membership | undefined;
  let reliesUntil: Instants = past;
  /** Until then others may rely whom this process knows nothing of: those from before a restore of the database. */
  let youngUntil = Number.POSITIVE_INFINITY;
  /** When a reliance ends, or would end, that began with the last answer of the journal. */
  let lapsesAt: Instants = past;
  let outstandingSince: number | undefined;
  let closed = false;
  let reported = false;
  let cancelHeartbeat = () => {};
  let cancelEnd = () => {};
  let doubtsUntil = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;

  const doubts = (): boolean => clock.monotonic() < doubtsUntil;
  const instants = (): Instants => ({ monotonic: clock.monotonic(), wall: clock.wall() });
  const endOf = (asked: Instants): Instants => ({
    monotonic: asked.monotonic + times.reliance,
    wall: asked.wall + times.reliance,
  });
  // Two clocks: one stands still while the machine sleeps, the other can be set.
  const isBefore = (end: Instants): boolean => clock.monotonic() < end.monotonic && clock.wall() < end.wall;
  const relies = (): boolean => isBefore(reliesUntil);

  function rely(asked: Instants): void {
    reliesUntil = endOf(asked);
    cancelEnd();
    cancelEnd = clock.schedule(reliesUntil.monotonic - clock.monotonic(), reportEnd);
    if (reported || !relies()) return;
    reported = true;
    listener.restored();
  }

  function stopRelying(): void {
    reliesUntil = past;
    reportEnd();
  }

  function reportEnd(): void {
    cancelEnd();
    if (!reported || relies()) return;
    reported = false;
    listener.lost();
  }

  /** One statement: says that this process lives and what it has applied, and reads what came since. */
  async function beat(): Promise<boolean> {
    if (closed) return false;
    const current = member ?? (await join());
    if (current === undefined || current !== member) return false;
    const asked = instants();
    // What was asked before then may have been answered by a database that was restored since.
    const counts = current.confirmed;
    outstandingSince = asked.monotonic;
    try {
      const rows = await journal.beat(current.id, current.known.position);
      if (current !== member) return false;
      if (rows === undefined) {
        leaveHistory();
        return false;
      }
      // Others may have given up on this process in the meantime, and not be known to it. What counts is when the beat was
      // carried out, so at the latest now: it may have waited in the database.
      if (!isBefore(lapsesAt)) youngUntil = clock.monotonic() + times.wait;
      lapsesAt = endOf(asked);
      apply(current, rows);
      if (counts) rely(asked);
      // The next beat acknowledges what was applied now.
      if (rows.length > 0) void beatSoon();
      return true;
    } catch {
      // The database is away: reliance runs out by itself, and `lost` is told then.
      return false;
    } finally {
      outstandingSince = undefined;
    }
  }

  const beatSoon = (): Promise<boolean> => beats.run('', '', beat);

  function apply(current: Membership, rows: readonly JournalRow[]): void {
    current.known.apply(rows);
    heedDoubts(rows);
    const keys = rows.flatMap((row) => row.keys);
    if (keys.length > 0) listener.changed(keys);
  }

  function heedDoubts(rows: readonly JournalRow[]): void {
    if (!rows.some(({ keys }) => keys.includes(doubtedKey))) return;
    doubtsUntil = clock.monotonic() + 1.2 * ttlSeconds * 1000;
  }

  /** The journal is another one, or others have given up on this process: it knows nothing any more. */
  function leaveHistory(): void {
    member = undefined;
    listener.reset();
    stopRelying();
    void beatSoon();
  }

  async function join(): Promise<Membership | undefined> {
    const id = `${processId}.${randomBytes(9).toString('base64url')}`;
    const asked = instants();
    outstandingSince = asked.monotonic;
    try {
      const { database, rows } = await journal.join(id, Math.ceil(times.wait), rememberedRows);
      const [first, ...others] = rows;
      if (closed) void journal.leave(id).catch(ignore);
      if (first === undefined || closed) return undefined;
      // Registered before the read that a reliance will rest on.
      youngUntil = clock.monotonic() + times.wait;
      lapsesAt = endOf(asked);
      member = { id, database, known: knownJournal([first, ...others]), confirmed: false };
      heedDoubts(rows);
      listener.reset();
      void settle(member);
      return member;
    } catch {
      return undefined;
    } finally {
      outstandingSince = undefined;
    }
  }

  /** Begins to rely once all others have acknowledged that this process joined, or cannot rely any more themselves. */
  async function settle(joined: Membership): Promise<void> {
    await confirm(joined.known.position, true);
    if (member !== joined) return;
    joined.confirmed = true;
    void beatSoon();
    if (state.singleProcess) void expelIdle(joined);
    if (clock.monotonic() - prunedAt > pruneMilliseconds) prune();
  }

  /** Where this is the only process, rows of others are those of processes that ended. */
  async function expelIdle(joined: Membership): Promise<void> {
    const before = await listed();
    clock.schedule(times.wait, () => {
      if (member !== joined) return;
      for (const { id, beat: at } of before ?? []) if (!isOfProcess(id)) void journal.leave(id, at).catch(ignore);
    });
  }

  function prune(): void {
    prunedAt = clock.monotonic();
    journal.prune(ttlSeconds + 3600).catch(ignore);
  }

  const listed = (): Promise<readonly JournalInstance[] | undefined> =>
    journal.instances().catch((): undefined => undefined);

  const isOther = ({ id }: JournalInstance): boolean => id !== member?.id && (!state.singleProcess || isOfProcess(id));

  /**
   * Resolves once no process answers from before this call: all have acknowledged the position, or have stopped relying.
   * @param target the position; default: the journal's, as read after the call
   * @param joining whether it is this process's own joining that is confirmed
   */
  async function confirm(target?: Position, joining = false): Promise<void> {
    const began = clock.monotonic();
    let wait = times.wait;
    let awaited = member;
    let position = target;
    let pause = pauses.first;
    let first: { readonly at: number; readonly behind: readonly JournalInstance[] } | undefined;
    ring();
    for (;;) {
      if (member !== awaited) {
        if (joining) return;
        awaited = member;
        position = undefined;
      }
      if (position === undefined && (await refresh()) && member === awaited) position = member?.known.position;
      const instances = await within(began + wait, listed());
      if (instances !== undefined) {
        const others = instances.filter(isOther);
        for (const { waitMilliseconds } of others) wait = Math.max(wait, waitMilliseconds);
        const { seq } = position ?? { seq: Number.POSITIVE_INFINITY };
        const behind = others.filter(({ acknowledged }) => acknowledged < seq);
        const mayReturn = joining || state.singleProcess || clock.monotonic() >= youngUntil;
        if (position !== undefined && member === awaited && mayReturn && behind.length === 0) return;
        if (position !== undefined) first ??= { at: clock.monotonic(), behind };
      }
      const left = began + wait - clock.monotonic();
      if (left <= 0) {
        if (first !== undefined) expelLater(first.behind, first.at + wait);
        return;
      }
      await clock.sleep(Math.min(pause, left));
      pause = Math.min(pause * 2, pauses.longest);
    }
  }

  /** Removes those who have not moved for a whole wait; whoever lives after all joins anew. */
  function expelLater(behind: readonly JournalInstance[], at: number): void {
    if (behind.length === 0) return;
    const seenBy = member;
    const expel = async (): Promise<void> => {
      // Where the database was restored since, these beats come again.
      if (member !== seenBy || !(await refresh()) || member !== seenBy) return;
      for (const { id, beat } of behind) void journal.leave(id, beat).catch(ignore);
    };
    clock.schedule(Math.max(at - clock.monotonic(), 0), () => void expel());
  }

  /** `undefined` where the promise takes longer, so that a silent database holds nobody up for ever. */
  async function within<Value>(until: number, promise: Promise<Value>): Promise<Value | undefined> {
    let cancel = () => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.schedule(Math.max(until - clock.monotonic(), 0), () => resolve(undefined));
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      cancel();
    }
  }

  async function refresh(): Promise<boolean> {
    if (closed) return false;
    const patience = 2 * times.heartbeat;
    // One beat is under way and gets no answer: another would wait behind it.
    if (outstandingSince !== undefined && clock.monotonic() - outstandingSince > patience) return false;
    return (await within(clock.monotonic() + patience, beatSoon())) === true;
  }

  function ring(): void {
    // Only an accelerator: without it a change is heard of with the next heartbeat. The state itself tells of its loss.
    if (member !== undefined) state.publish(bellChannel, member.database).catch(ignore);
  }

  let heard = false;
  const unsubscribe = state.subscribe(bellChannel, {
    message(text) {
      if (text === member?.database) void beatSoon();
    },
    lost() {
      if (heard) options.messages.lost();
    },
    restored() {
      if (heard) options.messages.restored();
      heard = true;
      void beatSoon();
    },
  });

  function keepBeating(): void {
    const next = clock.monotonic() + times.heartbeat;
    void refresh().then(() => {
      if (closed) return;
      if (clock.monotonic() - prunedAt > pruneMilliseconds && member?.confirmed === true) prune();
      cancelHeartbeat = clock.schedule(Math.max(next - clock.monotonic(), times.heartbeat / 10), keepBeating);
    });
  }
  keepBeating();

  return {
    relies,
    refresh,
    position: () => member?.known.position,

    judge(keys, position) {
      return member === undefined || position === undefined ? 'outdated' : member.known.judge(keys, position);
    },

    // Spread out, so that a shared state without entries costs the directory an even load.
    holdMilliseconds: () => (doubts() ? doubtfulMilliseconds : ttlSeconds * 1000 * (0.8 + 0.4 * Math.random())),
    scope: () => (doubts() ? undefined : member?.database),

    saved(keys) {
      if (!options.changesWriteRows) {
        const noted = journal.note(keys);
        noted.catch(ignore);
        return { afterwards: () => noted.then(() => confirm()) };
      }
      ring();
      return { afterwards: () => confirm() };
    },

    doubted(keys) {
      if (options.changesWriteRows) return ring();
      // Where it is carried out later, no row tells of it.
      void journal.note([...keys, doubtedKey]).then(ring, ignore);
    },

    async note(keys) {
      await journal.note(keys);
      ring();
      return { afterwards: () => confirm() };
    },

    async close() {
      closed = true;
      const left = member;
      cancelHeartbeat();
      cancelEnd();
      reliesUntil = past;
      member = undefined;
      listener.reset();
      await unsubscribe();
      // Where this fails, the next change waits for this process once, and expels it.
      if (left !== undefined) await within(clock.monotonic() + times.heartbeat, journal.leave(left.id).catch(ignore));
    },
  };
}

function isOfProcess(id: string): boolean {
  return id.startsWith(`${processId}.`);
}

function ignore(): void {}
