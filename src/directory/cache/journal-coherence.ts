// Follows the directory's journal and decides which cached values are still valid. The correctness of the caches
// depends only on the journal.
import { randomBytes } from 'node:crypto';
import { type Journal, type JournalRow, journalKeys, type Position } from '../../vocabulary/journal.js';
import type { SharedState } from '../../vocabulary/ports.js';
import { changeNotices } from './change-notices.js';
import { type CacheClock, repeat } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';
import { journalTimes } from './journal-times.js';
import { knownJournal, rememberedRows, type Verdict } from './known-journal.js';
import { longestWait } from './longest-wait.js';
import { otherProcesses } from './other-processes.js';
import { pendingChanges, pendingKey } from './pending-changes.js';
import { type ConfirmationParts, confirm, expelEnded, type Member } from './propagation.js';
import { hasPassed, momentOf, reliance } from './reliance.js';
import { singleFlight } from './single-flight.js';
import { within } from './time-limit.js';
import { trackedJournal } from './tracked-journal.js';

/** The options of `journalCoherence`. */
export interface JournalCoherenceOptions {
  readonly journal: Journal;
  /** `true` if each change writes its own journal row. If `false`, the method `saved` writes this row. */
  readonly changesWriteRows: boolean;
  readonly state: Pick<SharedState, 'publish' | 'subscribe' | 'singleProcess'>;
  readonly clock: CacheClock;
  readonly outageToleranceSeconds: number;
  /** How many seconds entries stay in the caches. The journal keeps its rows one hour longer. */
  readonly ttlSeconds: number;
  readonly listener: CoherenceListener;
  /**
   * `lost` is called when messages between instances might be lost. `restored` is called when messages arrive again.
   */
  readonly messages: { lost(): void; restored(): void };
  /** Called each time this process has joined the journal. Default: nothing is called. */
  readonly joined?: (() => void) | undefined;
  /**
   * Called once if another process uses the same directory for a minute, although the shared state has no other
   * process.
   */
  readonly notShared: () => void;
}

const pruneMilliseconds = 3_600_000;

/** How many milliseconds `close` waits for the journal. */
const closeMilliseconds = 4000;

/** How many milliseconds an entry stays in memory while a change without a journal row might be running. */
const doubtfulMilliseconds = 2000;

/** The prefix of the ids of all instances in this process. Every process has a different prefix. */
const processPrefix = `${randomBytes(9).toString('base64url')}.`;

/**
 * Creates a coherence that joins the journal immediately. A join that fails is repeated until it succeeds or the
 * coherence is closed.
 */
export function journalCoherence(options: JournalCoherenceOptions): Coherence {
  const { state, clock, listener, ttlSeconds } = options;
  const { journal, settled } = trackedJournal(options.journal);
  const times = journalTimes(options.outageToleranceSeconds);
  const beats = singleFlight<boolean>();
  const relying = reliance(clock, times.reliance, listener);
  const waits = longestWait(journal, times.wait);
  const longest = 1.2 * ttlSeconds * 1000;
  const pending = pendingChanges(clock, longest);
  let member: Member | undefined;
  /**
   * The id of this process's previous registration. The registration must be removed, so that no change waits for it.
   */
  let former: string | undefined;
  /**
   * Until this time, processes that are not registered in this journal might answer from memory, because the database
   * might have been restored a moment ago.
   */
  let youngUntil = Number.POSITIVE_INFINITY;
  /** The moment at which the latest successful read of the journal started. */
  let lookedAt = momentOf(clock);
  let outstandingSince: number | undefined;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const isOwn = (id: string): boolean => id.startsWith(processPrefix);
  const others = otherProcesses({ journal, clock, isOwn, found: options.notShared });

  const parts: ConfirmationParts = {
    journal,
    clock,
    wait: times.wait,
    longestWait: waits.milliseconds,
    member: () => member,
    refresh,
    mayKnowTooFew: () => !state.singleProcess && clock.monotonic() < youngUntil,
    counts: ({ id }) => !state.singleProcess || isOwn(id),
  };

  /**
   * Acknowledges the journal rows that this process has applied, and reads the new rows in the same statement. Never
   * rejects.
   */
  async function beat(): Promise<boolean> {
    if (closed) return false;
    const current = member ?? (await answered(join));
    if (current === undefined) return false;
    if ((await answered(async () => ({ learned: await waits.learn() }))) === undefined) return false;
    const asked = momentOf(clock);
    // A read that started before this process was confirmed does not count, because the database might have been
    // restored after that read.
    const counts = current.confirmed;
    const answer = await answered(async () => ({ rows: await journal.beat(current.id, current.known.position) }));
    if (answer === undefined || current !== member) return false;
    if (answer.rows === undefined) {
      leaveHistory();
      return false;
    }
    // If this process has not read the journal for a long time, other processes might have removed its registration,
    // and it might have missed a restore of the database. So the rules for a new process apply again.
    if (hasPassed(clock, lookedAt, times.reliance)) youngUntil = clock.monotonic() + times.look;
    lookedAt = asked;
    apply(current, answer.rows);
    pending.settle(asked.monotonic);
    if (counts) relying.renew(asked);
    // The next beat acknowledges the rows that this beat applied.
    if (answer.rows.length > 0) void beatSoon();
    return true;
  }

  /** Runs a new beat as soon as the current beat has ended. All calls that wait for the new beat share it. */
  function beatSoon(): Promise<boolean> {
    return beats.run('', '', beat);
  }

  /**
   * Returns the directory's answer, or `undefined` if the directory does not answer. The error itself is not reported,
   * but the listener is notified when this process may no longer answer from memory.
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
    // If a statement is still unanswered, another statement would only wait behind it.
    if (outstandingSince !== undefined && clock.monotonic() - outstandingSince > patience) return false;
    return (await within(clock, patience, beatSoon())) === true;
  }

  function apply(current: Member, rows: readonly JournalRow[]): void {
    current.known.apply(rows);
    waits.heed(rows);
    pending.heed(rows);
    const keys = rows.flatMap((row) => row.keys);
    if (state.singleProcess && keys.includes(journalKeys.joined)) others.look();
    if (keys.length > 0) listener.changed(keys);
  }

  /**
   * Discards all cached values. Called when the journal has a different history, or when other processes have removed
   * this process.
   */
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
    // Joining only registers the instance. This process may answer from memory only after a later read of the journal.
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
    options.joined?.();
    listener.reset();
    void begin(joined);
    return joined;
  }

  /**
   * Waits until each of the other processes either has acknowledged that this process joined, or can no longer answer
   * from memory. After that, this process may answer from memory.
   */
  async function begin(joined: Member): Promise<void> {
    notify();
    await confirm(parts, joined);
    if (member !== joined) return;
    joined.confirmed = true;
    void beatSoon();
    // If this is the only process, all instances of other processes are left over from processes that have ended.
    if (!state.singleProcess) return;
    void expelEnded(parts);
    others.look();
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

  // The time is random, so that entries do not all expire at the same time. If the shared state is empty, each expired
  // entry causes a read of the directory.
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
    // If there are too many keys to track, this process does not answer from memory until the journal answers again.
    if (pending.size > rememberedRows) relying.end();
  }

  async function close(): Promise<void> {
    closed = true;
    const registrations = [member?.id, former].filter((id) => id !== undefined);
    member = undefined;
    stopBeating();
    others.close();
    relying.close();
    listener.reset();
    await notices.close();
    // A join that is still running leaves the journal by itself. If the directory does not answer in time, the next
    // change waits until this process can no longer answer from memory.
    const leaving = async (): Promise<void> => {
      await settled();
      await Promise.allSettled(registrations.map((id) => journal.leave(id)));
    };
    await within(clock, closeMilliseconds, leaving());
  }

  return {
    relies: relying.holds,
    refresh,
    position: () => member?.known.position,
    usesDirectoryPositions: true,
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
