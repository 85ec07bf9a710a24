// Follows the directory's journal and decides which cached values are still valid. Correctness depends on the journal
// alone.
import { randomBytes } from 'node:crypto';
import type { Journal, JournalRow, Position } from '../../vocabulary/journal.js';
import type { SharedState } from '../../vocabulary/ports.js';
import { changeNotices } from './change-notices.js';
import { type CacheClock, repeat } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';
import { journalTimes } from './journal-times.js';
import { knownJournal, rememberedRows, type Verdict } from './known-journal.js';
import { longestWait } from './longest-wait.js';
import { pendingChanges, pendingKey } from './pending-changes.js';
import { type ConfirmationParts, confirm, expelEnded, type Member } from './propagation.js';
import { hasPassed, momentOf, reliance } from './reliance.js';
import { singleFlight } from './single-flight.js';
import { within } from './time-limit.js';

/** The options of `journalCoherence`. */
export interface JournalCoherenceOptions {
  readonly journal: Journal;
  /** Whether each change writes its own journal row. If not, `saved` writes one. */
  readonly changesWriteRows: boolean;
  readonly state: Pick<SharedState, 'publish' | 'subscribe' | 'singleProcess'>;
  readonly clock: CacheClock;
  readonly outageToleranceSeconds: number;
  /** How long caches keep entries, in seconds. Journal rows are kept for one hour longer. */
  readonly ttlSeconds: number;
  readonly listener: CoherenceListener;
  /** Called when messages between instances may be lost, and when they arrive again. */
  readonly messages: { lost(): void; restored(): void };
}

const pruneMilliseconds = 3_600_000;

/** How long an entry is held while a change may be running that will write no journal row. */
const doubtfulMilliseconds = 2000;

/** Distinguishes the instances of this process from those of other processes. */
const processPrefix = `${randomBytes(9).toString('base64url')}.`;

/** Joins the journal immediately, and retries until it is closed. */
export function journalCoherence(options: JournalCoherenceOptions): Coherence {
  const { journal, state, clock, listener, ttlSeconds } = options;
  const times = journalTimes(options.outageToleranceSeconds);
  const beats = singleFlight<boolean>();
  const relying = reliance(clock, times.reliance, listener);
  const waits = longestWait(journal, times.wait);
  const longest = 1.2 * ttlSeconds * 1000;
  const pending = pendingChanges(clock, longest);
  let member: Member | undefined;
  /** A former registration of this process. Other processes must not wait for it. */
  let former: string | undefined;
  /**
   * Until this time, the database may just have been restored, and a process from before the restore may not have read
   * this journal yet.
   */
  let youngUntil = Number.POSITIVE_INFINITY;
  /** When the latest successful read of the journal started. */
  let lookedAt = momentOf(clock);
  let outstandingSince: number | undefined;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const parts: ConfirmationParts = {
    journal,
    clock,
    wait: times.wait,
    longestWait: waits.milliseconds,
    member: () => member,
    refresh,
    mayKnowTooFew: () => !state.singleProcess && clock.monotonic() < youngUntil,
    counts: ({ id }) => !state.singleProcess || id.startsWith(processPrefix),
  };

  /** Acknowledges what this process has applied and reads the new rows, in one statement. Never rejects. */
  async function beat(): Promise<boolean> {
    if (closed) return false;
    const current = member ?? (await answered(join));
    if (current === undefined) return false;
    if ((await answered(async () => ({ learned: await waits.learn() }))) === undefined) return false;
    const asked = momentOf(clock);
    // If the read started before the confirmation, its answer may come from a database that has been restored since.
    const counts = current.confirmed;
    const answer = await answered(async () => ({ rows: await journal.beat(current.id, current.known.position) }));
    if (answer === undefined || current !== member) return false;
    if (answer.rows === undefined) {
      leaveHistory();
      return false;
    }
    // After such a long pause, other processes may have expelled this one, and it may have missed a restore, just like
    // a process that has only just started.
    if (hasPassed(clock, lookedAt, times.reliance)) youngUntil = clock.monotonic() + times.look;
    lookedAt = asked;
    apply(current, answer.rows);
    pending.settle(asked.monotonic);
    if (counts) relying.renew(asked);
    // The next beat acknowledges the rows that were applied now.
    if (answer.rows.length > 0) void beatSoon();
    return true;
  }

  /** Runs a beat that starts after the call. Beats run one at a time, and waiting calls share the next one. */
  function beatSoon(): Promise<boolean> {
    return beats.run('', '', beat);
  }

  /**
   * Returns `undefined` if the directory does not answer. The time during which this process may answer from memory
   * then runs out, and the listener is notified.
   */
  async function answered<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
    outstandingSince = clock.monotonic();
    try {
      return await ask();
    } catch {
      return undefined;
    } finally {
      outstandingSince = undefined;
    }
  }

  async function refresh(): Promise<boolean> {
    if (closed) return false;
    const patience = 2 * times.heartbeat;
    // If a statement is still unanswered, another one would only wait behind it.
    if (outstandingSince !== undefined && clock.monotonic() - outstandingSince > patience) return false;
    return (await within(clock, patience, beatSoon())) === true;
  }

  function apply(current: Member, rows: readonly JournalRow[]): void {
    current.known.apply(rows);
    waits.heed(rows);
    pending.heed(rows);
    const keys = rows.flatMap((row) => row.keys);
    if (keys.length > 0) listener.changed(keys);
  }

  /** The journal has another history, or other processes have expelled this one: everything cached is invalid. */
  function leaveHistory(): void {
    former = member?.id;
    member = undefined;
    listener.reset();
    relying.end();
    void beatSoon();
  }

  async function join(): Promise<Member | undefined> {
    if (former !== undefined) await journal.leave(former);
    former = undefined;
    const id = processPrefix + randomBytes(9).toString('base64url');
    const asked = momentOf(clock);
    // Registers the instance first: the right to answer from memory counts from a later read.
    const { database, rows } = await journal.join(id, Math.ceil(times.wait), rememberedRows);
    const [first, ...others] = rows;
    if (closed) await journal.leave(id);
    if (first === undefined || closed) return undefined;
    youngUntil = clock.monotonic() + times.look;
    lookedAt = asked;
    waits.heed(rows);
    pending.heed(rows);
    const joined: Member = { id, database, known: knownJournal([first, ...others]), confirmed: false };
    member = joined;
    listener.reset();
    void begin(joined);
    return joined;
  }

  /**
   * Starts to answer from memory once all other processes have acknowledged that this process joined, or can no longer
   * answer from memory themselves.
   */
  async function begin(joined: Member): Promise<void> {
    notify();
    await confirm(parts, joined);
    if (member !== joined) return;
    joined.confirmed = true;
    void beatSoon();
    // Without other processes, all other instances belong to processes that have ended.
    if (state.singleProcess) void expelEnded(parts);
  }

  function notify(): void {
    if (member !== undefined) notices.notify(member.database);
  }

  const notices = changeNotices(state, {
    ...options.messages,
    notified(database) {
      if (database === undefined || database === member?.database) void beatSoon();
    },
  });

  const stopBeating = repeat(clock, times.heartbeat, async () => {
    await refresh();
    if (member === undefined || clock.monotonic() - prunedAt <= pruneMilliseconds) return;
    prunedAt = clock.monotonic();
    journal.prune(ttlSeconds + 3600).catch(ignore);
  });

  function judge(keys: readonly string[], position: Position | undefined): Verdict {
    if (member === undefined || position === undefined) return 'outdated';
    return keys.some((key) => pending.has(key)) ? 'ahead' : member.known.judge(keys, position);
  }

  // Randomized, so that entries do not all expire together: with an empty shared state, each is reloaded from the
  // directory.
  function holdMilliseconds(): number {
    return pending.lasting ? doubtfulMilliseconds : longest * (0.67 + 0.33 * Math.random());
  }

  async function note(keys: readonly string[]): Promise<void> {
    await journal.note(keys);
    notify();
  }

  async function saved(keys: readonly string[]): Promise<void> {
    if (options.changesWriteRows) notify();
    else await note(keys);
  }

  function markPending(keys: readonly string[]): void {
    pending.add(keys);
    listener.changed(keys);
    if (!options.changesWriteRows) note([...keys, pendingKey]).catch(ignore);
    // Too many keys to track one by one, so this process does not answer from memory until the journal answers again.
    if (pending.size > rememberedRows) relying.end();
  }

  async function close(): Promise<void> {
    closed = true;
    const left = member;
    member = undefined;
    stopBeating();
    relying.close();
    listener.reset();
    await notices.close();
    // If this fails, the next change waits for this process once.
    if (left !== undefined) await within(clock, times.heartbeat, journal.leave(left.id).catch(ignore));
  }

  return {
    relies: relying.holds,
    refresh,
    position: () => member?.known.position,
    judge,
    holdMilliseconds,
    scope: () => (pending.lasting ? undefined : member?.database),
    saved,
    note,
    markPending,
    everywhere: () => confirm(parts),
    close,
  };
}

function ignore(): void {}
