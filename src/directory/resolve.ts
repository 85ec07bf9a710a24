// directory/: who is that here, and what may they do? From an assertion, a session or a token to an account.
import type { Directory } from '../ports.js';
import type { Account, Assertion, Device, OnEvent, Provisioning, User } from '../types.js';
import type { Fill, Reading } from './coherent-cache.js';
import { currentMapping } from './current-mapping.js';
import { assertionDigest } from './digest.js';
import { accountOf, deviceKey, type Entry, mappingKey, type UserEntry, userKey } from './entries.js';
import { lanes } from './lanes.js';
import type { PrincipalCache } from './principal-cache.js';
import type { ConfiguredGroupRoles, GroupsToRoles } from './role-mapping.js';
import { type Row, rows } from './rows.js';

/** How often a look-up is made when something changes under it each time. */
const attempts = 3;

/** A device that holds a token, and the account that it acts as. */
export interface DeviceOwner {
  /** Revoked and expired devices too: their dates say so. */
  readonly device: Device;
  readonly account: Account;
}

/**
 * Finds out who a request acts as. Answers at once, without a promise, what this process holds; otherwise asks the
 * shared state; otherwise, or where that is away, the directory. Whether the account may come in is `admit`'s to say.
 * Rejects with `ERR_DIRECTORY_UNAVAILABLE` where only the directory could tell.
 */
export interface Resolver {
  /**
   * The account of an assertion, made or brought up to date where that is due. `undefined`: there is none, and the
   * provisioning mode allows none to be made.
   */
  resolve(assertion: Assertion): Account | undefined | Promise<Account | undefined>;
  /** The account as it is now, with the roles that today's mappings give. `undefined`: there is none. */
  find(subject: string): Account | undefined | Promise<Account | undefined>;
  /** The device and its owner as they are now. `undefined`: no such device, or not one of this subject's. */
  findDevice(deviceId: string, subject: string): DeviceOwner | undefined | Promise<DeviceOwner | undefined>;
  /** Closes the cache; what is asked afterwards is answered by the shared state or the directory. */
  close(): Promise<void>;
}

/** What a resolver needs. */
export interface ResolverOptions {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  /** Mappings from the configuration, beside those of the directory. */
  readonly configured: ConfiguredGroupRoles;
  readonly provisioning: Provisioning;
  readonly onEvent: OnEvent;
}

interface Found<Answer> {
  readonly answer: Answer;
  readonly fills: readonly Fill<Entry>[];
  /** The user's row was written: what the shared state holds of it is outdated, whether or not the fill succeeds. */
  readonly wrote: boolean;
}

/** A resolver. */
export function resolver(options: ResolverOptions): Resolver {
  const { directory, cache, onEvent } = options;
  const users = rows(options);
  const mappings = currentMapping(options);
  const accountLanes = lanes<Account | undefined>();
  const deviceLanes = lanes<DeviceOwner | undefined>();

  /** What this process holds of a user, if today's mappings led to it. */
  function held(subject: string): UserEntry | undefined {
    const entry = cache.peek(userKey(subject));
    return entry?.kind === 'user' && entry.generation === mappings.held()?.generation ? entry : undefined;
  }

  function heldFor(subject: string, digest: string): Account | undefined {
    const entry = held(subject);
    return entry?.digest === digest ? entry.account : undefined;
  }

  function heldDevice(id: string, subject: string): { readonly owner: DeviceOwner | undefined } | undefined {
    const entry = cache.peek(deviceKey(id));
    const user = entry?.kind === 'device' ? held(subject) : undefined;
    return entry?.kind === 'device' && user !== undefined ? { owner: owned(entry.device, user.account) } : undefined;
  }

  /** Reads, loads what is missing and fills; once more where a change came in between. */
  async function lookUp<Answer>(
    subject: string,
    keys: readonly string[],
    find: (mapping: GroupsToRoles, readings: readonly Reading<Entry>[]) => Promise<Found<Answer>>,
  ): Promise<Answer> {
    let outdated = false;
    for (let attempt = 1; ; attempt += 1) {
      const [first, ...readings] = await cache.read([mappingKey, ...keys]);
      const found = await find(await mappings.of(first), readings);
      outdated ||= found.wrote;
      const filled = found.fills.length === 0 ? 'filled' : await cache.fill(found.fills);
      if (filled === 'changed' && attempt < attempts) continue;
      if (filled !== 'filled' && outdated) await forget(subject);
      return found.answer;
    }
  }

  async function forget(subject: string): Promise<void> {
    try {
      await cache.drop([userKey(subject)]);
    } catch {
      onEvent({
        type: 'error',
        code: 'ERR_CHANGE_NOT_SPREAD',
        message: 'A user was written while the state was away.',
      });
    }
  }

  async function provision(assertion: Assertion, mapping: GroupsToRoles): Promise<Row> {
    try {
      return await users.provision(assertion, mapping);
    } catch (error) {
      // A statement whose answer is lost may have been carried out: what the shared state holds can't be relied on.
      await forget(assertion.subject);
      throw error;
    }
  }

  /** `digest` undefined: any assertion will do, since the row holds what was asserted last. */
  async function account(
    reading: Reading<Entry> | undefined,
    digest: string | undefined,
    mapping: GroupsToRoles,
    load: () => Promise<Row>,
  ): Promise<Found<Account | undefined>> {
    const there = reading?.value;
    if (there?.kind === 'user' && there.generation === mapping.generation) {
      if (digest === undefined || there.digest === digest) return { answer: there.account, fills: [], wrote: false };
    }
    const { user, wrote } = await load();
    if (user === undefined || reading === undefined) return { answer: undefined, fills: [], wrote };
    const entry = userEntry(user, digest, mapping);
    return { answer: entry.account, fills: [{ reading, value: entry }], wrote };
  }

  async function deviceOwner(
    id: string,
    subject: string,
    mapping: GroupsToRoles,
    [deviceReading, userReading]: readonly Reading<Entry>[],
  ): Promise<Found<DeviceOwner | undefined>> {
    const there = deviceReading?.value;
    if (there?.kind === 'device') {
      const found = await account(userReading, undefined, mapping, () => users.find(subject, mapping));
      return { ...found, answer: found.answer && owned(there.device, found.answer) };
    }
    const row = await directory.findDevice(id);
    // A token that names another owner than the row does is nobody's; it must not fill anybody's entry either.
    if (deviceReading === undefined || row?.user.subject !== subject) {
      return { answer: undefined, fills: [], wrote: false };
    }
    const found = await account(userReading, undefined, mapping, () => users.remap(row.user, mapping));
    const fill: Fill<Entry> = { reading: deviceReading, value: { kind: 'device', device: row.device } };
    return { ...found, answer: found.answer && owned(row.device, found.answer), fills: [fill, ...found.fills] };
  }

  return {
    resolve(assertion) {
      const { subject } = assertion;
      const digest = assertionDigest(assertion);
      const warm = heldFor(subject, digest);
      if (warm !== undefined) return warm;
      return accountLanes.enter(
        subject,
        digest,
        async () =>
          heldFor(subject, digest) ??
          lookUp(subject, [userKey(subject)], (mapping, [reading]) =>
            account(reading, digest, mapping, () => provision(assertion, mapping)),
          ),
      );
    },

    find(subject) {
      const warm = held(subject);
      if (warm !== undefined) return warm.account;
      return accountLanes.enter(
        subject,
        '',
        async () =>
          held(subject)?.account ??
          lookUp(subject, [userKey(subject)], (mapping, [reading]) =>
            account(reading, undefined, mapping, () => users.find(subject, mapping)),
          ),
      );
    },

    findDevice(id, subject) {
      const warm = heldDevice(id, subject);
      if (warm !== undefined) return warm.owner;
      return deviceLanes.enter(id, subject, async () => {
        const since = heldDevice(id, subject);
        if (since !== undefined) return since.owner;
        return lookUp(subject, [deviceKey(id), userKey(subject)], (mapping, readings) =>
          deviceOwner(id, subject, mapping, readings),
        );
      });
    },

    close: () => cache.close(),
  };
}

function userEntry(user: User, digest: string | undefined, mapping: GroupsToRoles): UserEntry {
  return {
    kind: 'user',
    digest: digest ?? assertionDigest(user),
    generation: mapping.generation,
    version: user.version,
    account: accountOf(user, mapping),
  };
}

function owned(device: Device, account: Account): DeviceOwner | undefined {
  return device.userId === account.userId && device.subject === account.subject ? { device, account } : undefined;
}
