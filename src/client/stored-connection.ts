// What is kept across restarts of the app: one record under one key.
import { ClientError } from './client-error.js';

/**
 * Where the connection is kept. It holds a secret: in React Native the keychain or keystore, never plain files.
 * Keys are of `A-Z a-z 0-9 . _ -`, values are texts of about a kilobyte.
 */
export interface ClientStorage {
  get(key: string): Promise<string | null | undefined>;
  set(key: string, value: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/** Whose account the app is connected to. Show it: a code can be somebody else's. */
export interface ClientAccount {
  readonly subject: string;
  readonly displayName?: string;
}

/** A pairing that waits for approval in the browser. */
export interface PendingApproval {
  readonly deviceCode: string;
  readonly intervalSeconds: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly matchNumber?: string;
}

/** An attempt to connect that has not ended. */
export interface Attempt {
  readonly state: 'redeeming';
  readonly issuer: string;
  readonly redemptionId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly pending?: PendingApproval;
}

/** A connection: a token and what the server said with it. */
export interface Connected {
  readonly state: 'connected';
  readonly issuer: string;
  readonly token: string;
  readonly deviceId: string;
  readonly account: ClientAccount;
  /** Milliseconds since the epoch, by the app's own clock, which can be years off. */
  readonly obtainedAt: number;
  /** The same; only its distance from `obtainedAt` is sure. */
  readonly expiresAt: number;
  /** When it was obtained by the server's clock, where the server said so. */
  readonly obtainedAtServer?: number;
}

export type Stored = Attempt | Connected;

/** The record, as this process knows it, and as it is stored. */
export interface Slot {
  readonly record: Stored | undefined;
  /** Reads the record, until there is one: a locked keychain answers with nothing, and later with the record. */
  load(): Promise<void>;
  /** Reads it again: another window of the app may have changed it. */
  reload(): Promise<void>;
  /** Reads it again, and takes over a connection that another window has stored; nothing else. */
  catchUp(): Promise<void>;
  /**
   * Stores `next` in the place of `expected`, or removes it. `false`: something else is there by now.
   * A new record counts once it is stored; a removed one is gone at once, whether the storage works or not.
   * @throws ERR_STORAGE
   */
  replace(expected: Stored | undefined, next: Stored | undefined): Promise<boolean>;
  /** Removes whatever is there. */
  clear(): Promise<void>;
}

const version = 1;

/**
 * The slot under a key. Its steps run one after the other, in the order of the calls; `changed` is told of each new
 * record.
 */
export function slot(storage: ClientStorage, key: string, changed: () => void): Slot {
  let record: Stored | undefined;
  let known: string | undefined;
  let loading: Promise<void> | undefined;
  // What was removed must not come back where the storage could not delete it.
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
      // The same text stays the same record, so that whoever has it in hand can still replace it.
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

/** What was stored by us is taken as it is; what cannot be ours is nothing. */
function read(text: string | undefined): Stored | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version: found, ...rest } = value as { version?: unknown; state?: unknown };
  const ours = found === version && (rest.state === 'redeeming' || rest.state === 'connected');
  return ours ? (rest as Stored) : undefined;
}
