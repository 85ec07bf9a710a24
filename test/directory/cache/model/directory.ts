// The methods of the port `Directory` over the simulated database.
import { LatchkeyError } from '../../../../src/vocabulary/errors.js';
import type { Position, Positioned } from '../../../../src/vocabulary/journal.js';
import type { Directory } from '../../../../src/vocabulary/ports.js';
import type { Device, DirectoryMapping, Mapping } from '../../../../src/vocabulary/types.js';
import { type Data, type Written, writes } from './data.js';
import type { Link } from './link.js';

/** How the methods access the tables. */
export interface Tables {
  read<Value extends object>(
    link: Link,
    verb: string,
    select: (data: Data) => Value | undefined,
  ): Promise<(Value & { readonly position: Position }) | undefined>;
  write<Result>(
    link: Link,
    verb: string,
    transaction: (data: Data) => Written<Result>,
  ): Promise<{ readonly result: Result; readonly position: Position }>;
}

/** The methods that resolution and administration use. The others reject. */
export function directoryVerbs(link: Link, { read, write }: Tables): Directory {
  const mappingOf = (mappings: Iterable<Mapping>): DirectoryMapping => ({ generation: 0, groupRoles: [...mappings] });

  async function setMapping(group: string, roles: readonly string[] | undefined): Promise<DirectoryMapping> {
    const { result } = await write(link, 'setMapping', (data) => writes.setMapping(data, group, roles));
    return mappingOf(result);
  }

  /** Changes one unrevoked device. `undefined`: there is none, or it does not meet the condition. */
  async function alter(
    verb: string,
    id: string,
    expected: (device: Device) => boolean,
    change: (device: Device) => Device,
  ): Promise<Device | undefined> {
    const fits = (device: Device) => device.id === id && expected(device);
    return (await write(link, verb, (data) => writes.alterDevices(data, fits, change))).result[0];
  }

  return {
    async provision(assertion) {
      const { result, position } = await write(link, 'provision', (data) => writes.provision(data, assertion));
      return { ...result, position };
    },

    findUser: (subject) => read(link, 'findUser', ({ users }) => users.get(subject)),

    createUser: async ({ subject, grantedRoles = [] }) =>
      (await write(link, 'createUser', (data) => writes.createUser(data, subject, grantedRoles))).result,

    updateUser: async (subject, change) =>
      (await write(link, 'updateUser', (data) => writes.updateUser(data, subject, change))).result,

    endLogin: async (userId, login, keep) =>
      (await write(link, 'endLogin', (data) => writes.endLogin(data, userId, login, keep))).result,

    deleteUser: async (subject) => (await write(link, 'deleteUser', (data) => writes.deleteUser(data, subject))).result,

    async mapping(): Promise<Positioned<DirectoryMapping>> {
      const found = await read(link, 'mapping', ({ mappings }) => mappingOf(mappings.values()));
      return found ?? mappingOf([]);
    },

    putMapping: ({ group, roles }) => setMapping(group, roles),
    deleteMapping: (group) => setMapping(group, undefined),

    createDevice: async (device) =>
      (await write(link, 'createDevice', (data) => writes.createDevice(data, device))).result,

    findDevice: (deviceId) =>
      read(link, 'findDevice', ({ users, devices }) => {
        const device = devices.get(deviceId);
        const user = [...users.values()].find(({ id }) => id === device?.userId);
        return device && user && { device, user };
      }),

    async listDevices(userId) {
      const valid = ({ devices }: Data) => ({
        list: [...devices.values()].filter((device) => device.userId === userId && device.revokedAt === undefined),
      });
      return (await read(link, 'listDevices', valid))?.list ?? [];
    },

    renameDevice: (userId, deviceId, name) =>
      alter(
        'renameDevice',
        deviceId,
        (device) => device.userId === userId,
        (device) => (device.name === name ? device : { ...device, name, version: device.version + 1 }),
      ),

    async revokeDevices(userId, selection, at) {
      const selects = (id: string): boolean => {
        if (selection === 'all') return true;
        return 'only' in selection ? selection.only === id : selection.except !== id;
      };
      const revoked = await write(link, 'revokeDevices', (data) =>
        writes.alterDevices(
          data,
          (device) => device.userId === userId && selects(device.id),
          (device) => ({ ...device, revokedAt: at, version: device.version + 1 }),
        ),
      );
      return revoked.result.map(({ id }) => id);
    },

    renewDevice: (deviceId, serial, renewedAt, expiresAt) =>
      alter(
        'renewDevice',
        deviceId,
        (device) => device.serial === serial,
        (device) => (device.renewedAt === undefined ? { ...device, renewedAt, expiresAt } : device),
      ),

    confirmRenewal: (deviceId, serial, previousUntil) =>
      alter(
        'confirmRenewal',
        deviceId,
        (device) => device.serial === serial || (device.renewedAt !== undefined && device.serial + 1 === serial),
        (device) => {
          const { renewedAt: _, ...rest } = device;
          return device.serial === serial ? device : { ...rest, serial, previousUntil };
        },
      ),

    findUserById: unused,
    listUsers: unused,
    touchUsers: unused,
    countGroupSets: unused,
    searchDevices: unused,
    touchDevices: unused,
    listAudit: unused,
    pruneAudit: unused,
  };
}

/** The same directory without a journal. */
export function withoutJournal(directory: Directory): Directory {
  const { journal: _, ...verbs } = directory;
  return {
    ...verbs,
    provision: async (assertion, create) => unplaced(await verbs.provision(assertion, create)),
    findUser: async (subject) => unplaced(await verbs.findUser(subject)),
    findDevice: async (id) => unplaced(await verbs.findDevice(id)),
    mapping: async () => unplaced(await verbs.mapping()),
  };
}

function unplaced<Value>(found: Value): Value {
  return found && { ...found, position: undefined };
}

async function unused(): Promise<never> {
  throw new LatchkeyError('ERR_CONFIG', { detail: 'The model does not use this verb.' });
}
