// An entry is decoded as it was encoded, and any other text is rejected.
import { expect } from 'chai';
import {
  accountOf,
  type DeviceEntry,
  decodeEntry,
  type Entry,
  encodeEntry,
  type UserEntry,
} from '../../../src/directory/cache/cache-entries.js';
import { configuredGroupRoles, groupsToRoles } from '../../../src/directory/resolution/role-mapping.js';
import { journalKeys } from '../../../src/vocabulary/journal.js';
import type { UserRow } from '../../../src/vocabulary/types.js';
import { authMethods, pairedByWords } from '../../../src/vocabulary/words.js';

const user: UserEntry = {
  kind: 'user',
  digest: 'd',
  mapping: 'm',
  account: {
    userId: '7d1f7f0c-6f3f-4a53-8f0e-2f5d2c5a3b11',
    subject: 'alice',
    authMethod: 'proxy',
    displayName: 'Alice',
    roles: new Set(['admin', 'viewer']),
    disabled: false,
    pending: true,
    lastAssertedAtMs: Date.parse('2026-11-20T10:00:00Z'),
    endedLogins: ['0mi2abcde.aaaaaaaa', '0mi2abcdf.bbbbbbbb'],
  },
};
const device: DeviceEntry = {
  kind: 'device',
  device: {
    id: '0f0c5f0e-53b8-4f0a-9c39-6d2f60a1a001',
    userId: '7d1f7f0c-6f3f-4a53-8f0e-2f5d2c5a3b11',
    subject: 'alice',
    name: 'Phone',
    clientId: 'player',
    appVersion: '5.1.0',
    platform: 'Android 16',
    pairedBy: 'user-code',
    createdAt: new Date('2026-11-01T10:00:00Z'),
    expiresAt: new Date('2027-11-01T10:00:00Z'),
    lastUsedAt: new Date('2026-11-01T12:00:00Z'),
    version: 1,
    serial: 3,
    renewedAt: new Date('2026-11-02T08:00:00Z'),
    previousUntil: new Date('2026-11-02T09:00:00Z'),
    revokedAt: new Date('2026-11-02T10:00:00Z'),
  },
};
const mapping: Entry = {
  kind: 'mapping',
  groupRoles: [{ group: 'staff', roles: ['viewer'] }],
};
const keyed: readonly (readonly [string, Entry])[] = [
  [journalKeys.user('alice'), user],
  [journalKeys.device(device.device.id), device],
  [journalKeys.mapping, mapping],
];

describe('entries', () => {
  for (const [key, entry] of keyed) {
    it(`are decoded as they were encoded (${entry.kind})`, () => {
      expect(decodeEntry(key, encodeEntry(entry))).to.deep.equal(entry);
    });

    it(`are accepted under their own key only (${entry.kind})`, () => {
      for (const other of [
        ...keyed.map(([one]) => one).filter((one) => one !== key),
        journalKeys.user('alic'),
        'c:',
        '',
      ]) {
        expect(decodeEntry(other, encodeEntry(entry)), other).to.equal(undefined);
      }
    });

    it(`are rejected if a field is missing or has another type (${entry.kind})`, () => {
      for (const damaged of damages(JSON.parse(encodeEntry(entry)))) {
        expect(decodeEntry(key, JSON.stringify(damaged)), JSON.stringify(damaged)).to.equal(undefined);
      }
    });
  }

  it('keep every authentication method and every way of pairing', () => {
    for (const authMethod of authMethods) {
      const entry: Entry = { ...user, account: { ...user.account, authMethod } };
      expect(decodeEntry(journalKeys.user('alice'), encodeEntry(entry)), authMethod).to.deep.equal(entry);
    }
    for (const pairedBy of pairedByWords) {
      const entry: Entry = { kind: 'device', device: { ...device.device, pairedBy } };
      expect(decodeEntry(journalKeys.device(device.device.id), encodeEntry(entry)), pairedBy).to.deep.equal(entry);
    }
  });

  it('leave out the address of a device’s last use, which decides nothing', () => {
    const used: Entry = { kind: 'device', device: { ...device.device, lastAddress: '192.0.2.1' } };
    expect(encodeEntry(used)).to.equal(encodeEntry(device));
  });

  it('are rejected if they are not JSON or not an object', () => {
    for (const text of ['', 'null', '[]', '7', '"user"', '{"kind":', '{"kind":"other"}']) {
      expect(decodeEntry(journalKeys.user('alice'), text), text).to.equal(undefined);
    }
  });
});

describe('accountOf', () => {
  const row: UserRow = {
    id: '7d1f7f0c-6f3f-4a53-8f0e-2f5d2c5a3b11',
    subject: 'alice',
    authMethod: 'proxy',
    groups: ['staff'],
    grantedRoles: ['editor'],
    disabled: false,
    pending: false,
    version: 1,
    createdAt: new Date(),
    updatedAt: new Date(),
  };
  const today = groupsToRoles([{ group: 'staff', roles: ['viewer'] }], configuredGroupRoles({}));

  it('combines the roles of the current mapping with the granted ones', () => {
    expect([...accountOf(row, today).roles]).to.deep.equal(['editor', 'viewer']);
  });

  it('keeps when the proxy last logged the user in', () => {
    const lastAssertedAt = new Date();
    expect(accountOf({ ...row, lastAssertedAt }, today)).to.include({ lastAssertedAtMs: lastAssertedAt.getTime() });
    expect(accountOf(row, today).lastAssertedAtMs).to.equal(undefined);
  });

  it('gives a local account its granted roles and none from its former groups', () => {
    expect([...accountOf({ ...row, authMethod: 'local' }, today).roles]).to.deep.equal(['editor']);
  });
});

const optional = ['displayName', 'email', 'appVersion', 'platform', 'kind'];
const optionalDates = ['lastAssertedAtMs', 'lastUsedAt', 'renewedAt', 'previousUntil', 'revokedAt'];

/** The entry with each required field removed, and with each replaced by another value. */
function* damages(json: Record<string, unknown>): Iterable<unknown> {
  for (const [name, value] of Object.entries(json)) {
    if (optional.includes(name)) continue;
    yield { ...json, [name]: { unexpected: true } };
    if (optionalDates.includes(name)) yield { ...json, [name]: 'yesterday' };
    else yield { ...json, [name]: undefined };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const inner of damages(value as Record<string, unknown>)) yield { ...json, [name]: inner };
    }
  }
}
