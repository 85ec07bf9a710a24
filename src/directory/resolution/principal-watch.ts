// Watches the principals of open connections. Reports when a principal is no longer admitted or has other roles.

import { callSafely } from '../../vocabulary/call-safely.js';
import type { ErrorCode } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import { limitedWarnings } from '../../vocabulary/limited-warnings.js';
import type { Account, AuthMethod, Clock, Device, Principal, Provisioning } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { decideAdmission } from './admission.js';
import { isLoginEnded } from './login-ends.js';
import type { Resolver } from './resolve-principal.js';

/** The maximum number of concurrent look-ups, even if an edit of the mappings affects thousands of connections. */
const atOnce = 8;

/** The interval, in seconds, at which all watched principals are looked up while the cache cannot report changes. */
const awaySeconds = 15;

/** If a look-up fails because the directory does not answer, the look-up is repeated after this many seconds. */
const retrySeconds = 5;

// If the delay of a timer is longer than this, Node.js fires the timer immediately.
const longestTimerMilliseconds = 2 ** 31 - 1;

/** The callbacks for a watched principal. If a callback throws or rejects, the error becomes a process warning. */
export interface WatchOptions {
  /** Called once with the error code, as soon as a request of the principal would be refused. */
  readonly onRefused: (code: ErrorCode) => void;
  /**
   * Called with the principal's current roles each time the roles change. Default: changes of roles are not reported.
   */
  readonly onRolesChanged?: ((roles: ReadonlySet<string>) => void) | undefined;
}

/** Watches whether principals are still admitted. */
export interface PrincipalWatch {
  /**
   * Calls `onRefused` once, as soon as the principal is no longer admitted. The callback is never called before this
   * method returns. The returned function ends the watch. A watch uses no memory after the refusal or after the end of
   * the watch. `login` is the id of the login on which the principal is based. When that login ends, the principal is
   * no longer admitted.
   */
  watch(principal: Principal, options: WatchOptions, login?: string): () => void;
  /** Returns how many principals are watched. */
  size(): number;
  /** Ends all watches without calling any callback. */
  close(): void;
}

interface Watched extends WatchOptions {
  readonly principal: Principal;
  readonly login: string | undefined;
  roles: ReadonlySet<string>;
  /**
   * The account's `authMethod` when the watch began. A session belongs either to a proxy login or to a local sign-in,
   * so the session's principal is refused if `authMethod` changes.
   */
  authMethod?: AuthMethod | undefined;
}

/** A look-up that all connections of the same user or the same device share. */
interface Question {
  readonly subject: string;
  readonly deviceId: string | undefined;
  readonly keys: readonly string[];
  readonly watched: Set<Watched>;
  /** The timer that fires when the device expires. */
  timer?: NodeJS.Timeout | undefined;
}

/**
 * Creates a watch that looks up principals when the cache reports changes. While nothing changes, the watch does no
 * look-ups. When changes might go undetected, the watch looks up all principals immediately and then every 15 seconds.
 * When changes are detected again, the cache reports all that were missed. If the directory does not answer, no
 * principal is refused.
 */
export function principalWatch(options: {
  readonly resolver: Pick<Resolver, 'find' | 'findDevice'>;
  readonly cache: Pick<PrincipalCache, 'observe'>;
  readonly provisioning: Provisioning;
  readonly now: Clock;
}): PrincipalWatch {
  const { resolver, cache, provisioning, now } = options;
  const questions = new Map<string, Question>();
  const concerned = new Map<string, Set<Question>>();
  const due = new Set<Question>();
  const asking = new Set<Question>();
  const unanswered = new Set<Question>();
  let notified = false;
  let pace: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  const warn = limitedWarnings('LATCHKEY_WATCH_PRINCIPAL', now);

  /** Catches the errors of a host's callback, so that the other callbacks are still called. */
  function contained(callback: () => void): void {
    callSafely(callback, (reason) => warn(`A callback of watchPrincipal threw: ${reason}`));
  }

  function ask(asked: Iterable<Question>): void {
    for (const question of asked) due.add(question);
    for (const question of due) {
      if (asking.size >= atOnce) return;
      // The running look-up might have read data from before the change, so another look-up follows it.
      if (asking.has(question)) continue;
      due.delete(question);
      asking.add(question);
      void answer(question).finally(() => {
        asking.delete(question);
        ask([]);
      });
    }
  }

  async function answer(question: Question): Promise<void> {
    const { subject, deviceId, watched } = question;
    let account: Account | undefined;
    let device: Device | undefined;
    try {
      if (deviceId === undefined) account = await resolver.find(subject);
      else ({ account, device } = (await resolver.findDevice(deviceId, subject)) ?? {});
    } catch {
      later(question);
      return;
    }
    for (const each of [...watched]) {
      const code = verdict(each, account, device);
      if (!watched.has(each)) continue;
      if (code !== undefined) {
        stop(question, each);
        contained(() => each.onRefused(code));
      } else if (account !== undefined && !sameSet(account.roles, each.roles)) {
        const { roles } = account;
        each.roles = roles;
        contained(() => each.onRolesChanged?.(roles));
      }
    }
    if (device !== undefined && watched.size > 0) wake(question, device.expiresAt.getTime() - now());
  }

  function verdict(watched: Watched, found: Account | undefined, device: Device | undefined): ErrorCode | undefined {
    const { method, deviceId, userId, hostUserId } = watched.principal;
    if (device?.revokedAt !== undefined) return 'ERR_TOKEN_REVOKED';
    // An account with the same subject but a different id belongs to a newer user.
    const account = found?.userId === userId ? found : undefined;
    const admission = decideAdmission(account, method, provisioning);
    if (!admission.admitted) return admission.code;
    // The host stores the connection's data under the `hostUserId` that the principal had when the watch began.
    if (hostUserId !== undefined && account?.hostUserId !== hostUserId) return 'ERR_ACCOUNT_LOCAL';
    const { login } = watched;
    if (login !== undefined && account !== undefined && isLoginEnded(account, login)) return 'ERR_LOGIN_REQUIRED';
    if (deviceId !== undefined && device === undefined) return 'ERR_TOKEN_INVALID';
    if (device !== undefined && device.expiresAt.getTime() <= now()) return 'ERR_TOKEN_EXPIRED';
    const authMethod = account?.authMethod;
    watched.authMethod ??= authMethod;
    if (method !== 'session' || authMethod === watched.authMethod) return undefined;
    return authMethod === 'local' ? 'ERR_ACCOUNT_LOCAL' : 'ERR_ACCOUNT_PROXY';
  }

  function wake(question: Question, milliseconds: number): void {
    clearTimeout(question.timer);
    const delay = Math.min(Math.max(milliseconds, 1), longestTimerMilliseconds);
    question.timer = setTimeout(() => ask([question]), delay).unref();
  }

  function later(question: Question): void {
    if (question.watched.size > 0) unanswered.add(question);
    retry ??= setTimeout(() => {
      retry = undefined;
      const again = [...unanswered];
      unanswered.clear();
      ask(again);
    }, retrySeconds * 1000).unref();
  }

  function keepPace(): void {
    if (notified || questions.size === 0) {
      clearInterval(pace);
      pace = undefined;
    } else {
      pace ??= setInterval(() => ask(questions.values()), awaySeconds * 1000).unref();
    }
  }

  function open(subject: string, deviceId: string | undefined): Question {
    const name = JSON.stringify([subject, deviceId]);
    const known = questions.get(name);
    if (known !== undefined) return known;
    const keys = [journalKeys.user(subject), ...(deviceId === undefined ? [] : [journalKeys.device(deviceId)])];
    const question: Question = { subject, deviceId, keys, watched: new Set() };
    questions.set(name, question);
    for (const key of keys) concerned.set(key, (concerned.get(key) ?? new Set()).add(question));
    keepPace();
    return question;
  }

  function stop(question: Question, watched: Watched): void {
    if (!question.watched.delete(watched) || question.watched.size > 0) return;
    clearTimeout(question.timer);
    questions.delete(JSON.stringify([question.subject, question.deviceId]));
    due.delete(question);
    unanswered.delete(question);
    for (const key of question.keys) {
      const others = concerned.get(key);
      if (others?.delete(question) && others.size === 0) concerned.delete(key);
    }
    keepPace();
  }

  const unobserve = cache.observe({
    changed(key) {
      if (key === undefined || key === journalKeys.mapping) ask(questions.values());
      else ask(concerned.get(key) ?? []);
    },
    lost() {
      notified = false;
      keepPace();
      ask(questions.values());
    },
    restored() {
      notified = true;
      keepPace();
    },
  });

  function watch(principal: Principal, { onRefused, onRolesChanged }: WatchOptions, login?: string): () => void {
    const question = open(principal.subject, principal.deviceId);
    const watched: Watched = { principal, onRefused, onRolesChanged, login, roles: principal.roles };
    question.watched.add(watched);
    // The account might have changed since the principal was admitted.
    ask([question]);
    return () => stop(question, watched);
  }

  function close(): void {
    unobserve();
    for (const question of [...questions.values()]) {
      for (const watched of [...question.watched]) stop(question, watched);
    }
    clearTimeout(retry);
  }

  function size(): number {
    let total = 0;
    for (const { watched } of questions.values()) total += watched.size;
    return total;
  }

  return { watch, size, close };
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}
