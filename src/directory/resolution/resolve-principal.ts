// Finds the account of an assertion, a session or a token.

import { type Telemetry, telemetry } from '../../metrics/telemetry.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { MaybePromise } from '../../vocabulary/maybe-promise.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account, Assertion, Device, Provisioning, UserRow } from '../../vocabulary/types.js';
import type { SubjectCase } from '../../vocabulary/words.js';
import { accountOf, type Entry, type UserEntry } from '../cache/cache-entries.js';
import type { CacheReader, Loaded } from '../cache/look-up.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { singleFlight } from '../cache/single-flight.js';
import { assertionDigest } from './assertion-digest.js';
import { currentMapping } from './current-mapping.js';
import { type Provisioner, provisioner } from './provisioner.js';
import type { ConfiguredGroupRoles, GroupsToRoles } from './role-mapping.js';

/** A device, and the account of its owner. */
export interface DeviceOwner {
  /** The device may be revoked or expired, so check its dates. */
  readonly device: Device;
  readonly account: Account;
}

/**
 * Finds the account of the user who makes a request. An account that this process has in memory is returned
 * synchronously, without a promise. Otherwise, the resolver queries the shared state. If the shared state has no valid
 * entry or does not answer, the resolver queries the directory. The resolver does not decide whether an account is
 * admitted: `decideAdmission` does.
 *
 * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when no cache can answer and the directory does not answer.
 */
export interface Resolver {
  /**
   * Returns the account of the asserted user, and creates or updates the user's row if necessary. Returns `undefined`
   * if there is no row and the provisioning mode does not allow creating a row.
   */
  resolve(assertion: Assertion): MaybePromise<Account | undefined>;
  /**
   * Returns the current account of this subject, with the roles that the current mappings give. Returns `undefined` if
   * there is no such account.
   */
  find(subject: string): MaybePromise<Account | undefined>;
  /**
   * Returns the current device and its owner's account. Returns `undefined` if there is no such device, or if the
   * device does not belong to this subject.
   */
  findDevice(deviceId: string, subject: string): MaybePromise<DeviceOwner | undefined>;
  /** Closes the cache. Later calls read from the directory. */
  close(): Promise<void>;
}

/** The dependencies of a resolver. */
export interface ResolverOptions {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  /** The mappings of the configuration, which apply in addition to those of the directory. */
  readonly configured: ConfiguredGroupRoles;
  readonly provisioning: Provisioning;
  /** Default `exact`. */
  readonly subjectCase?: SubjectCase | undefined;
  readonly onEvent: OnEvent;
  /** Default: counts that nothing reads. */
  readonly telemetry?: Telemetry | undefined;
}

/** Creates a resolver. */
export function resolver(options: ResolverOptions): Resolver {
  const { directory, cache, telemetry: measured = telemetry() } = options;
  const { lookUps } = measured.counts;
  const provisionUnmeasured = provisioner(options);
  const provision: Provisioner = (assertion, mapping) =>
    measured.inSpan('latchkey.provision', {}, () => provisionUnmeasured(assertion, mapping));
  const mappings = currentMapping(options);
  const accounts = singleFlight<Account | undefined>();
  const devices = singleFlight<DeviceOwner | undefined>();

  /** Returns a user's entry from memory, if the entry was derived from the current mappings. */
  function held(subject: string, at = cache.moment()): UserEntry | undefined {
    if (at === undefined) return undefined;
    const entry = cache.peek(journalKeys.user(subject), at);
    return entry?.kind === 'user' && entry.mapping === mappings.peek(at)?.hash ? entry : undefined;
  }

  function heldFor(subject: string, digest: string): Account | undefined {
    const entry = held(subject);
    return entry?.digest === digest ? entry.account : undefined;
  }

  function heldDevice(id: string, subject: string): { readonly owner: DeviceOwner | undefined } | undefined {
    const at = cache.moment();
    if (at === undefined) return undefined;
    const entry = cache.peek(journalKeys.device(id), at);
    if (entry?.kind !== 'device') return undefined;
    const user = held(entry.device.subject, at);
    return user && { owner: owned(entry.device, user.account, subject) };
  }

  function isOfUse(entry: Entry, digest: string | undefined): boolean {
    if (entry.kind !== 'user') return true;
    const mapping = mappings.peek();
    return (digest ?? entry.digest) === entry.digest && (mapping === undefined || mapping.hash === entry.mapping);
  }

  /**
   * @param digest the digest of the assertion; `undefined` accepts any digest, because the row holds the latest
   *   assertion
   * @param load loads the account if the caches do not have it
   */
  function lookUpAccount(
    subject: string,
    digest: string | undefined,
    load: (mapping: GroupsToRoles, reader: CacheReader) => Promise<Account | undefined>,
  ): Promise<Account | undefined> {
    return cache.lookUp('user', async (reader) => {
      const keys = [journalKeys.mapping, journalKeys.user(subject)];
      const [cachedMapping, cached] = await reader.get(keys, (entry) => isOfUse(entry, digest));
      const mapping = await mappings.of(cachedMapping, reader);
      return cachedAccount(cached, digest, mapping) ?? load(mapping, reader);
    });
  }

  function lookUpDevice(id: string, subject: string): Promise<DeviceOwner | undefined> {
    const keys = [journalKeys.mapping, journalKeys.device(id), journalKeys.user(subject)];
    return cache.lookUp('device', async (reader) => {
      const [cachedMapping, cachedDevice, cachedUser] = await reader.get(keys, (entry) => isOfUse(entry, undefined));
      const mapping = await mappings.of(cachedMapping, reader);
      if (cachedDevice?.kind !== 'device') return loadDevice(id, subject, mapping, reader);
      const { device } = cachedDevice;
      // The token of a renamed user may contain a former subject.
      const [user] =
        device.subject === subject
          ? [cachedUser]
          : await reader.get([journalKeys.user(device.subject)], (entry) => isOfUse(entry, undefined));
      const account = cachedAccount(user, undefined, mapping) ?? (await loadAccount(device.subject, mapping, reader));
      return account && owned(device, account, subject);
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
      // A token is invalid if the device does not belong to the token's subject. An invalid token must not create any
      // cache entry.
      if (found === undefined || !isNamed(found.user, subject)) return { value: undefined, loaded: [], wrote: [] };
      const { device, user, position } = found;
      const owner = userLoaded({ ...user, position }, undefined, mapping);
      const entry: Entry = { kind: 'device', device };
      const loaded = [{ key: journalKeys.device(id), entry, position }, owner];
      return { value: owned(device, owner.entry.account, subject), loaded, wrote: [] };
    });
  }

  /** Counts a value that was found in memory, without a look-up in the caches. */
  function counted<Value>(kind: 'user' | 'device', warm: Value | undefined): Value | undefined {
    if (warm !== undefined) lookUps[kind].memory += 1;
    return warm;
  }

  function resolve(assertion: Assertion): MaybePromise<Account | undefined> {
    const { subject } = assertion;
    const digest = assertionDigest(assertion);
    const warm = counted('user', heldFor(subject, digest));
    if (warm !== undefined) return warm;
    return accounts.run(
      subject,
      digest,
      async () =>
        counted('user', heldFor(subject, digest)) ??
        lookUpAccount(subject, digest, (mapping, reader) =>
          reader.write([journalKeys.user(subject)], async () => {
            const { row, wrote } = await provision(assertion, mapping);
            if (row === undefined) return { value: undefined, loaded: [], wrote };
            const loaded = userLoaded(row, digest, mapping);
            return { value: loaded.entry.account, loaded: [loaded], wrote };
          }),
        ),
    );
  }

  function find(subject: string): MaybePromise<Account | undefined> {
    const warm = counted('user', held(subject));
    if (warm !== undefined) return warm.account;
    return accounts.run(
      subject,
      '',
      async () =>
        counted('user', held(subject))?.account ??
        lookUpAccount(subject, undefined, (mapping, reader) => loadAccount(subject, mapping, reader)),
    );
  }

  function findDevice(id: string, subject: string): MaybePromise<DeviceOwner | undefined> {
    const warm = counted('device', heldDevice(id, subject));
    if (warm !== undefined) return warm.owner;
    return devices.run(id, subject, async () => {
      const since = counted('device', heldDevice(id, subject));
      return since === undefined ? lookUpDevice(id, subject) : since.owner;
    });
  }

  return { resolve, find, findDevice, close: cache.close };
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

function owned(device: Device, account: Account, subject: string): DeviceOwner | undefined {
  const isOwner = device.userId === account.userId && device.subject === account.subject;
  return isOwner && isNamed(account, subject) ? { device, account } : undefined;
}

/**
 * Returns whether this is the current subject or a former subject of the user. A token keeps the subject with which the
 * token was issued.
 */
function isNamed(user: Pick<Account, 'subject' | 'formerSubjects'>, subject: string): boolean {
  return user.subject === subject || user.formerSubjects?.includes(subject) === true;
}
