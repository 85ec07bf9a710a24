// Telling those who stay connected when they are let in no more.

import { callSafely } from '../../vocabulary/call-safely.js';
import type { ErrorCode } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Account, AuthMethod, Clock, Device, Principal, Provisioning } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { decideAdmission } from './admission.js';
import { isLoginEnded } from './login-ends.js';
import type { Resolver } from './resolve-principal.js';

/** How many look-ups run at once, also where an edit of the mappings concerns thousands who are connected. */
const atOnce = 8;

/** While no changes are told, everybody is looked up this often, in seconds. */
const awaySeconds = 15;

/** Whom the directory could not be asked about is asked about again after this many seconds. */
const retrySeconds = 5;

// Node fires a timer that is set for longer than this at once.
const longestTimerMilliseconds = 2 ** 31 - 1;

/** Is told the roles as they are now, each time that they differ from those before. */
export type RolesChanged = (roles: ReadonlySet<string>) => void;

/** Watches over who is let in. */
export interface PrincipalWatch {
  /**
   * Calls `refused`, once and never before this returned, as soon as the principal would not be let in any more. The
   * function that it returns ends the watch; nothing is kept after either. `login`: the login that the principal came in
   * by; its end counts as well.
   */
  watch(principal: Principal, refused: (code: ErrorCode) => void, changed?: RolesChanged, login?: string): () => void;
  /** Ends all watches, without a word to anybody. */
  close(): void;
}

interface Watched {
  readonly principal: Principal;
  readonly refused: (code: ErrorCode) => void;
  readonly changed: RolesChanged | undefined;
  readonly login: string | undefined;
  roles: ReadonlySet<string>;
  /** How the account was governed when the watch began: a session is one of a login or of a sign-in. */
  authMethod?: AuthMethod | undefined;
}

/** What is looked up once for all who are connected as the same person, or with the same device. */
interface Question {
  readonly subject: string;
  readonly deviceId: string | undefined;
  readonly keys: readonly string[];
  readonly watched: Set<Watched>;
  /** Runs until the device's end. */
  timer?: NodeJS.Timeout;
}

/**
 * Watches over principals, by the changes that the cache learns of; while nothing changes it asks nobody. While changes
 * may go unnoticed, the directory is asked, at once and every 15 seconds, and again when they are noticed. Where the
 * directory can't say, nobody is refused.
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
  let told = false;
  let pace: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;

  function ask(asked: Iterable<Question>): void {
    for (const question of asked) due.add(question);
    for (const question of due) {
      if (asking.size >= atOnce) return;
      // What is being looked up may have been read before the change: once more, after that.
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
        contained(() => each.refused(code));
      } else if (account !== undefined && !sameSet(account.roles, each.roles)) {
        const { roles } = account;
        each.roles = roles;
        contained(() => each.changed?.(roles));
      }
    }
    if (device !== undefined && watched.size > 0) wake(question, device.expiresAt.getTime() - now());
  }

  function verdict(watched: Watched, found: Account | undefined, device: Device | undefined): ErrorCode | undefined {
    const { method, deviceId, userId } = watched.principal;
    if (device?.revokedAt !== undefined) return 'ERR_TOKEN_REVOKED';
    // Another of the same name, who came since, is somebody else.
    const account = found?.userId === userId ? found : undefined;
    const admission = decideAdmission(account, method, provisioning);
    if (!admission.admitted) return admission.code;
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
    if (told || questions.size === 0) {
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
      told = false;
      keepPace();
      ask(questions.values());
    },
    restored() {
      told = true;
      keepPace();
      ask(questions.values());
    },
  });

  return {
    watch(principal, refused, changed, login) {
      const question = open(principal.subject, principal.deviceId);
      const watched: Watched = { principal, refused, changed, login, roles: principal.roles };
      question.watched.add(watched);
      // Something may have happened since the principal was let in.
      ask([question]);
      return () => stop(question, watched);
    },

    close() {
      unobserve();
      for (const question of [...questions.values()]) {
        for (const watched of [...question.watched]) stop(question, watched);
      }
      clearTimeout(retry);
    },
  };
}

/** The host's callback must not keep others from being told. */
function contained(callback: () => void): void {
  callSafely(callback, (reason) =>
    process.emitWarning(`A callback of watchPrincipal threw: ${reason}`, { code: 'LATCHKEY_WATCH_PRINCIPAL' }),
  );
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}
