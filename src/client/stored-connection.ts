// Stores the connection as one record under one key of the storage, so that it survives restarts of the app.
import { ClientError } from './client-error.js';
import { hasFunctions } from './platform.js';

/**
 * The storage of the connection. The storage holds a secret: in React Native, use the keychain or keystore, never plain
 * files. The client stores one value of about one kilobyte, under the key `storageKey`.
 */
export interface ClientStorage {
  get(key: string): Promise<string | null | undefined>;
  set(key: string, value: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/**
 * The account that the app is connected to. Show the account to the user, because the code might come from another
 * user.
 */
export interface ClientAccount {
  readonly subject: string;
  readonly displayName?: string | undefined;
}

/** A pairing that is waiting for approval in the browser. */
export interface PendingApproval {
  readonly deviceCode: string;
  readonly intervalSeconds: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly matchNumber?: string | undefined;
}

/** An unfinished attempt to connect. */
export interface Attempt {
  readonly state: 'redeeming';
  readonly issuer: string;
  readonly redemptionId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly pending?: PendingApproval | undefined;
}

/** An established connection: the token and the data that the server sent with it. */
export interface Connected {
  readonly state: 'connected';
  readonly issuer: string;
  readonly token: string;
  readonly deviceId: string;
  readonly account: ClientAccount;
  /**
   * The time at which the token was obtained, in milliseconds since the epoch by the app's own clock. This clock may be
   * wrong by years.
   */
  readonly obtainedAt: number;
  /**
   * The time at which the token expires, in milliseconds since the epoch by the app's own clock. Only the difference
   * between this time and `obtainedAt` is reliable.
   */
  readonly expiresAt: number;
  /**
   * The time at which the token was obtained, in milliseconds since the epoch by the server's clock. Absent if unknown.
   */
  readonly obtainedAtServer?: number | undefined;
}

export type Stored = Attempt | Connected;

/** Holds the connection's record, in memory and in the storage. */
export interface Slot {
  readonly record: Stored | undefined;
  /**
   * Reads the record from the storage, unless memory already has a record. If the storage returns nothing, the next
   * call reads the storage again, because a locked keychain returns nothing until it is unlocked.
   */
  load(): Promise<void>;
  /** Reads the record again, because another window of the app might have changed it. */
  reload(): Promise<void>;
  /** Reads the storage again. Uses the result only if another window has stored a new connection. */
  catchUp(): Promise<void>;
  /**
   * Replaces the record `expected` with `next`, or removes the record if `next` is `undefined`. A new record takes
   * effect as soon as it is stored. Even if the storage fails, a removed record is deleted from memory at once.
   * @returns `false` when the current record is not `expected`
   * @throws {ClientError} `ERR_STORAGE` when the storage fails.
   */
  replace(expected: Stored | undefined, next: Stored | undefined): Promise<boolean>;
  /** Removes the record. */
  clear(): Promise<void>;
}

const version = 1;
const states: Readonly<Record<Stored['state'], true>> = { redeeming: true, connected: true };
const methods: Readonly<Record<keyof ClientStorage, true>> = { get: true, set: true, delete: true };

/**
 * Creates the slot for one key of the storage. Operations on the slot run one at a time, in the order of the calls. The
 * slot calls `changed` after each change of the record.
 * @throws {ClientError} `ERR_PLATFORM` when the storage lacks a method.
 */
export function slot(storage: ClientStorage, key: string, changed: () => void): Slot {
  if (!hasFunctions(storage ?? {}, methods)) throw new ClientError('ERR_PLATFORM');
  let record: Stored | undefined;
  let known: string | undefined;
  let loading: Promise<void> | undefined;
  // A removed record must not come back, even if the storage could not delete it.
  let removed = false;
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = last.then(step).catch((error: unknown) => {
      throw error instanceof ClientError ? error : new ClientError('ERR_STORAGE', { cause: error });
    });
    last = turn.catch(() => undefined);
    return turn;
  }

  function hold(next: Stored | undefined, text: string | undefined): void {
    record = next;
    known = text;
    if (next !== undefined) removed = false;
    changed();
  }

  const reload = (): Promise<void> =>
    inTurn(async () => {
      const text = (await storage.get(key)) ?? undefined;
      // If the stored text is unchanged, the record stays the same object. So a caller with a reference to this object
      // can still replace the record.
      if (text === known) return;
      hold(read(text), text);
    });

  async function remove(): Promise<void> {
    removed = true;
    hold(undefined, undefined);
    await storage.delete(key);
  }

  return {
    get record() {
      return record;
    },
    load() {
      if (record !== undefined || removed) return Promise.resolve();
      loading ??= reload().finally(() => {
        loading = undefined;
      });
      return loading;
    },
    reload,
    catchUp: () =>
      inTurn(async () => {
        const text = (await storage.get(key)) ?? undefined;
        const stored = text === known ? undefined : read(text);
        if (stored?.state === 'connected') hold(stored, text);
      }),
    replace: (expected, next) =>
      inTurn(async () => {
        if (record !== expected) return false;
        if (next === undefined) {
          await remove();
          return true;
        }
        const text = JSON.stringify({ version, ...next });
        await storage.set(key, text);
        hold(next, text);
        return true;
      }),
    clear: () => inTurn(remove),
  };
}

/** Parses a stored record. Trusts the records that this module wrote, and returns `undefined` for anything else. */
function read(text: string | undefined): Stored | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version: found, ...rest } = value as { version?: unknown; state?: unknown };
  const ours = found === version && Object.keys(states).some((state) => state === rest.state);
  return ours ? (rest as Stored) : undefined;
}
