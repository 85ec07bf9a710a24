// From an assertion, a session or a token to an account.
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account, Assertion, Device, OnEvent, Provisioning, UserRow } from '../../vocabulary/types.js';
import { accountOf, type Entry, type UserEntry } from '../cache/cache-entries.js';
import type { CacheReader, Loaded } from '../cache/look-up.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { singleFlight } from '../cache/single-flight.js';
import { assertionDigest } from './assertion-digest.js';
import { currentMapping } from './current-mapping.js';
import { provisioner } from './provisioner.js';
import type { ConfiguredGroupRoles, GroupsToRoles } from './role-mapping.js';

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
  /** Closes the cache; what is asked afterwards is answered by the directory. */
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

/** A resolver. */
export function resolver(options: ResolverOptions): Resolver {
  const { directory, cache } = options;
  const provision = provisioner(options);
  const mappings = currentMapping(options);
  const accounts = singleFlight<Account | undefined>();
  const devices = singleFlight<DeviceOwner | undefined>();

  /** What this process holds of a user, if today's mappings led to it. */
  function held(subject: string): UserEntry | undefined {
    const entry = cache.peek(journalKeys.user(subject));
    return entry?.kind === 'user' && entry.mapping === mappings.peek()?.hash ? entry : undefined;
  }

  function heldFor(subject: string, digest: string): Account | undefined {
    const entry = held(subject);
    return entry?.digest === digest ? entry.account : undefined;
  }

  function heldDevice(id: string, subject: string): { readonly owner: DeviceOwner | undefined } | undefined {
    const entry = cache.peek(journalKeys.device(id));
    const user = entry?.kind === 'device' ? held(subject) : undefined;
    return entry?.kind === 'device' && user !== undefined ? { owner: owned(entry.device, user.account) } : undefined;
  }

  function isOfUse(entry: Entry, digest: string | undefined): boolean {
    if (entry.kind !== 'user') return true;
    const mapping = mappings.peek();
    return (digest ?? entry.digest) === entry.digest && (mapping === undefined || mapping.hash === entry.mapping);
  }

  /**
   * @param digest of the assertion; `undefined`: any will do, since the row holds what was asserted last
   * @param load what makes the row where the caches do not hold it
   */
  function lookUpAccount(
    subject: string,
    digest: string | undefined,
    load: (mapping: GroupsToRoles, reader: CacheReader) => Promise<Account | undefined>,
  ): Promise<Account | undefined> {
    return cache.lookUp(async (reader) => {
      const keys = [journalKeys.mapping, journalKeys.user(subject)];
      const [cachedMapping, cached] = await reader.get(keys, (entry) => isOfUse(entry, digest));
      const mapping = await mappings.of(cachedMapping, reader);
      return cachedAccount(cached, digest, mapping) ?? load(mapping, reader);
    });
  }

  function lookUpDevice(id: string, subject: string): Promise<DeviceOwner | undefined> {
    const keys = [journalKeys.mapping, journalKeys.device(id), journalKeys.user(subject)];
    return cache.lookUp(async (reader) => {
      const [cachedMapping, cachedDevice, cachedUser] = await reader.get(keys, (entry) => isOfUse(entry, undefined));
      const mapping = await mappings.of(cachedMapping, reader);
      if (cachedDevice?.kind !== 'device') return loadDevice(id, subject, mapping, reader);
      const account = cachedAccount(cachedUser, undefined, mapping) ?? (await loadAccount(subject, mapping, reader));
      return account && owned(cachedDevice.device, account);
    });
  }

  function loadAccount(subject: string, mapping: GroupsToRoles, reader: CacheReader): Promise<Account | undefined> {
    return reader.load(async () => {
      const row = await directory.findUser(subject);
      if (row === undefined) return { value: undefined, loaded: [], wrote: [] };
      const loaded = userLoaded(row, undefined, mapping);
      return { value: loaded.entry.account, loaded: [loaded], wrote: [] };
    });
  }

  function loadDevice(
    id: string,
    subject: string,
    mapping: GroupsToRoles,
    reader: CacheReader,
  ): Promise<DeviceOwner | undefined> {
    return reader.load(async () => {
      const found = await directory.findDevice(id);
      // A token that names another owner than the row does is nobody's; it must not fill anybody's entry either.
      if (found?.user.subject !== subject) return { value: undefined, loaded: [], wrote: [] };
      const { device, user, position } = found;
      const owner = userLoaded({ ...user, position }, undefined, mapping);
      const entry: Entry = { kind: 'device', device };
      const loaded = [{ key: journalKeys.device(id), entry, position }, owner];
      return { value: owned(device, owner.entry.account), loaded, wrote: [] };
    });
  }

  return {
    resolve(assertion) {
      const { subject } = assertion;
      const digest = assertionDigest(assertion);
      const warm = heldFor(subject, digest);
      if (warm !== undefined) return warm;
      return accounts.run(
        subject,
        digest,
        async () =>
          heldFor(subject, digest) ??
          lookUpAccount(subject, digest, (mapping, reader) =>
            reader.write([journalKeys.user(subject)], async () => {
              const { row, wrote } = await provision(assertion, mapping);
              if (row === undefined) return { value: undefined, loaded: [], wrote };
              const loaded = userLoaded(row, digest, mapping);
              return { value: loaded.entry.account, loaded: [loaded], wrote };
            }),
          ),
      );
    },

    find(subject) {
      const warm = held(subject);
      if (warm !== undefined) return warm.account;
      return accounts.run(
        subject,
        '',
        async () =>
          held(subject)?.account ??
          lookUpAccount(subject, undefined, (mapping, reader) => loadAccount(subject, mapping, reader)),
      );
    },

    findDevice(id, subject) {
      const warm = heldDevice(id, subject);
      if (warm !== undefined) return warm.owner;
      return devices.run(id, subject, async () => {
        const since = heldDevice(id, subject);
        return since === undefined ? lookUpDevice(id, subject) : since.owner;
      });
    },

    close: () => cache.close(),
  };
}

function cachedAccount(
  entry: Entry | undefined,
  digest: string | undefined,
  mapping: GroupsToRoles,
): Account | undefined {
  if (entry?.kind !== 'user' || entry.mapping !== mapping.hash) return undefined;
  return digest === undefined || entry.digest === digest ? entry.account : undefined;
}

function userLoaded(
  row: Positioned<UserRow>,
  digest: string | undefined,
  mapping: GroupsToRoles,
): Loaded & { readonly entry: UserEntry } {
  const entry: UserEntry = {
    kind: 'user',
    digest: digest ?? assertionDigest(row),
    mapping: mapping.hash,
    account: accountOf(row, mapping),
  };
  return { key: journalKeys.user(row.subject), entry, position: row.position };
}

function owned(device: Device, account: Account): DeviceOwner | undefined {
  return device.userId === account.userId && device.subject === account.subject ? { device, account } : undefined;
}
