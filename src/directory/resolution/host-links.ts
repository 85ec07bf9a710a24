// Links users to rows of the host's own users table. A user's first request waits for the link.
import type { IncomingMessage } from 'node:http';
import { errorEvent } from '../../vocabulary/error-events.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { MaybePromise } from '../../vocabulary/maybe-promise.js';
import type { HostLink } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account } from '../../vocabulary/types.js';
import { type CacheClock, systemClock } from '../cache/clock.js';
import { limit } from '../cache/concurrency-limit.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { within } from '../cache/time-limit.js';
import { type HostUser, type HostUsers, hostUserIdOf, type NewHostUser, newHostUser } from './host-users.js';
import type { Resolver } from './resolve-principal.js';

/** Finds or creates the link between a user and a row of the host's own users table. */
export interface HostLinks {
  /**
   * Returns the account with its link. An account that already has a link is returned synchronously. Otherwise, the
   * user is linked first, and concurrent calls for the same user share this work. Returns a `LatchkeyError` if the user
   * must not have the row (`ERR_ACCOUNT_LOCAL`) or if there is no row (`ERR_HOST_USER_UNKNOWN`).
   *
   * @throws {LatchkeyError} As a rejection: `ERR_HOST_USERS_UNAVAILABLE` when the host's functions fail or take too
   *   long, or a code of the directory when the directory fails.
   */
  linked(account: Account): MaybePromise<Account | LatchkeyError>;
  /**
   * Returns the row id of the user who is logged in through the host's own login on this request. Returns `undefined`
   * if no user is logged in, or if the host has no function `current`.
   *
   * @throws {LatchkeyError} As a rejection: `ERR_HOST_USERS_UNAVAILABLE` when the function `current` fails or takes too
   *   long; `ERR_HOST_USER_ID` when `current` returns something that is not an id.
   */
  currentRow(req: IncomingMessage): Promise<string | undefined>;
  /** `true` if the host provides the function `current`, which identifies the user of the host's own login. */
  readonly knowsCurrent: boolean;
  /** Returns the same refusal as `linked`, but does not link the user. Rejects with the same errors as `linked`. */
  refusal(user: Pick<Account, 'subject' | 'authMethod'> & Partial<Account>): Promise<LatchkeyError | undefined>;
}

/** The maximum number of users that this process links at the same time. Further users wait. */
const atOnce = 8;

/** How many milliseconds a refusal is remembered, so that a refused user cannot flood the host's table with queries. */
const refusedMilliseconds = 2000;

// Limits the memory that the remembered refusals use.
const maximumRefusals = 10_000;

/** Creates the service that links users. */
export function hostLinks(options: {
  readonly hostUsers: HostUsers;
  readonly directory: Pick<Directory, 'linkHostUser'>;
  readonly cache: Pick<PrincipalCache, 'writeThenNotify'>;
  readonly resolver: Pick<Resolver, 'find'>;
  readonly onEvent: OnEvent;
  readonly clock?: CacheClock | undefined;
}): HostLinks {
  const { hostUsers, directory, cache, resolver, onEvent, clock = systemClock } = options;
  const waitMilliseconds = (hostUsers.timeoutSeconds ?? 5) * 1000;
  const inTurn = limit(atOnce);
  const flights = new Map<string, Promise<LatchkeyError | undefined>>();
  const refusals = new Map<string, { readonly refusal: LatchkeyError; readonly until: number }>();

  function failed(what: string, cause?: unknown): LatchkeyError {
    const error = new LatchkeyError('ERR_HOST_USERS_UNAVAILABLE', { cause });
    onEvent({ ...errorEvent(error, 'ERR_HOST_USERS_UNAVAILABLE'), message: `hostUsers.${what}` });
    return error;
  }

  async function ask<Answer>(name: string, call: () => Answer | PromiseLike<Answer>): Promise<Answer> {
    try {
      return await call();
    } catch (error) {
      throw failed(`${name} failed`, error);
    }
  }

  /** Calls a function of the host. Rejects if the function takes longer than the time limit. */
  async function askInTime<Answer>(name: string, call: () => Answer | PromiseLike<Answer>): Promise<Answer> {
    const outcome = await within(
      clock,
      waitMilliseconds,
      ask(name, call).then((answer) => ({ answer })),
    );
    if (outcome === undefined) throw tookTooLong(name);
    return outcome.answer;
  }

  function tookTooLong(what: string): LatchkeyError {
    return failed(`${what} took longer than ${waitMilliseconds / 1000} seconds`);
  }

  const find = (subject: string) => ask('find', () => hostUsers.find(subject));

  async function isProtected(row: HostUser, user: NewHostUser): Promise<boolean> {
    if (hostUsers.isProtected !== undefined) {
      const answer = await ask('isProtected', () => hostUsers.isProtected?.(row, user));
      if (typeof answer === 'boolean') return answer;
      throw failed('isProtected returned something other than true or false');
    }
    if (row.createdFor === undefined) throw failed('find and create: the row lacks createdFor');
    return row.createdFor !== user.userId;
  }

  /** Finds or adds the user's row. Returns a refusal if the user must not have the row. */
  async function rowOf(account: Account, checkTime: () => void): Promise<HostUser | LatchkeyError> {
    const user = newHostUser(account);
    const found = await find(account.subject);
    checkTime();
    // For a local account, the host itself has authenticated the user.
    if (account.authMethod === 'local') return found ?? new LatchkeyError('ERR_HOST_USER_UNKNOWN');
    const row = found ?? (await ask('create', () => hostUsers.create(user)));
    if (typeof row !== 'object' || row === null) throw failed('create returned no row');
    return (await isProtected(row, user)) ? new LatchkeyError('ERR_ACCOUNT_LOCAL') : row;
  }

  async function store(account: Account, hostUserId: string): Promise<HostLink | LatchkeyError | undefined> {
    const { userId, subject } = account;
    try {
      return await cache.writeThenNotify([journalKeys.user(subject)], async () => {
        const link = await directory.linkHostUser?.(userId, hostUserId);
        if (link?.changed === true) onEvent({ type: 'user.linked', userId, subject, hostUserId });
        return link;
      });
    } catch (error) {
      // The row is already linked to another user.
      const isTaken = error instanceof LatchkeyError && error.code === 'ERR_HOST_USER_TAKEN';
      if (isTaken) return new LatchkeyError('ERR_ACCOUNT_LOCAL');
      throw error;
    }
  }

  async function link(account: Account, checkTime: () => void): Promise<LatchkeyError | undefined> {
    checkTime();
    const row = await rowOf(account, checkTime);
    if (row instanceof LatchkeyError) return row;
    const hostUserId = hostUserIdOf(row.id);
    if (hostUserId === undefined) throw failed('find and create: the id of the row is not a text or a whole number');
    checkTime();
    const stored = await store(account, hostUserId);
    return stored instanceof LatchkeyError ? stored : undefined;
  }

  /**
   * Links the user within the time limit. After this time, the host's functions might still be running, but Latchkey
   * ignores their results.
   */
  async function inTime(account: Account): Promise<LatchkeyError | undefined> {
    const end = clock.monotonic() + waitMilliseconds;
    const checkTime = (): void => {
      if (clock.monotonic() >= end) throw new LatchkeyError('ERR_HOST_USERS_UNAVAILABLE');
    };
    const timed = async <Value>(work: Promise<Value>): Promise<{ readonly value: Value } | undefined> =>
      within(
        clock,
        end - clock.monotonic(),
        work.then((value) => ({ value })),
      );
    const turn = inTurn(() => timed(link(account, checkTime)));
    const outcome = await timed(turn);
    if (outcome?.value === undefined) throw tookTooLong('functions');
    return outcome.value.value;
  }

  function flight(account: Account): Promise<LatchkeyError | undefined> {
    const running = flights.get(account.userId);
    if (running !== undefined) return running;
    const started = inTime(account).finally(() => flights.delete(account.userId));
    flights.set(account.userId, started);
    return started;
  }

  function remembered(userId: string): LatchkeyError | undefined {
    const known = refusals.get(userId);
    if (known !== undefined && known.until > clock.monotonic()) return known.refusal;
    refusals.delete(userId);
    return undefined;
  }

  async function afresh(account: Account): Promise<Account | LatchkeyError> {
    const { userId, subject } = account;
    const refusal = await flight(account);
    const current = await resolver.find(subject);
    // The link is valid even if another process has stored it in the meantime.
    if (current?.userId === userId && current.hostUserId !== undefined) return current;
    if (refusal === undefined) throw new LatchkeyError('ERR_HOST_USERS_UNAVAILABLE');
    if (refusals.size >= maximumRefusals) refusals.clear();
    refusals.set(userId, { refusal, until: clock.monotonic() + refusedMilliseconds });
    return refusal;
  }

  return {
    linked(account) {
      if (account.hostUserId !== undefined) return account;
      return remembered(account.userId) ?? afresh(account);
    },

    async refusal({ subject, authMethod, hostUserId, userId = '', roles = new Set() }) {
      if (hostUserId !== undefined) return undefined;
      const found = await askInTime('find', () => hostUsers.find(subject));
      if (authMethod === 'local') return found ? undefined : new LatchkeyError('ERR_HOST_USER_UNKNOWN');
      if (!found || !(await isProtected(found, { userId, subject, roles }))) return undefined;
      return new LatchkeyError('ERR_ACCOUNT_LOCAL');
    },

    knowsCurrent: hostUsers.current !== undefined,

    async currentRow(req) {
      const current = await askInTime('current', () => hostUsers.current?.(req));
      if (current === undefined || current === null) return undefined;
      const id = hostUserIdOf(current);
      if (id === undefined) throw new LatchkeyError('ERR_HOST_USER_ID');
      return id;
    },
  };
}
