// The suite that every Directory must pass, with any users table.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Directory } from '../../src/vocabulary/ports.js';
import { auditContract } from './directory-audit.js';
import { devicesContract } from './directory-devices.js';
import { followingContract } from './directory-following.js';
import { guardContract } from './directory-guard.js';
import {
  assertion,
  comparable,
  type DirectoryHarness,
  later,
  newDevice,
  withoutPositions,
} from './directory-harness.js';
import { journalContract } from './directory-journal.js';
import { linksContract } from './directory-links.js';
import { loginsContract } from './directory-logins.js';
import { mappingContract } from './directory-mapping.js';
import { pagesContract } from './directory-pages.js';
import { positionsContract } from './directory-positions.js';
import { provisioningContract } from './directory-provisioning.js';
import { renamesContract } from './directory-renames.js';
import { renewalContract } from './directory-renewal.js';
import { searchContract } from './directory-search.js';
import { usersContract } from './directory-users.js';
import { usesContract } from './directory-uses.js';
import { versionsContract } from './directory-versions.js';
import type { TestRunner } from './runner.js';

/**
 * Declares the suite for one directory. It uses only the directory itself, and asserts with `node:assert`.
 * @param name the store's name in titles
 * @param harness opens the directory, without data
 * @param runner the functions of the test runner; with mocha: `{ describe, it, before, after, beforeEach }`
 */
export function directoryContract(name: string, harness: DirectoryHarness, runner: TestRunner): void {
  const { describe, it, after, beforeEach } = runner;

  describe(`${name} passes the contract of Directory`, () => {
    let directory: Directory;
    const current = (): Directory => comparable(withoutPositions(directory));
    const positioned = (): Directory => directory;

    beforeEach(async () => {
      directory = await harness.open();
    });
    after(async () => {
      await harness.close?.();
    });

    provisioningContract(current, runner);
    usersContract(current, runner);
    mappingContract(current, runner);
    devicesContract(current, runner);
    renewalContract(current, runner);
    usesContract(current, runner);
    loginsContract(current, runner);
    linksContract(current, runner);
    renamesContract(current, runner);
    versionsContract(current, runner);
    auditContract(current, runner);
    guardContract(current, runner);
    searchContract(current, runner);
    pagesContract(current, runner);

    it(harness.withoutJournal ? 'has no journal, as its harness declares' : 'has a journal', async () => {
      const expected = harness.withoutJournal ? 'undefined' : 'object';
      assert.equal(typeof directory.journal, expected, 'see DirectoryHarness.withoutJournal');
    });
    if (harness.withoutJournal !== true) {
      journalContract(positioned, runner);
      followingContract(positioned, runner);
      positionsContract(positioned, harness.withoutPositions === true, runner);
    }

    const { openUnreachable } = harness;
    if (openUnreachable !== undefined) {
      describe('without its database', () => {
        for (const [verb, call] of harness.withoutJournal ? verbs : [...verbs, ...journalVerbs]) {
          it(`rejects ${verb} with ERR_DIRECTORY_UNAVAILABLE`, async () => {
            const unreachable = await openUnreachable.call(harness);
            await assert.rejects(call(unreachable), { name: 'LatchkeyError', code: 'ERR_DIRECTORY_UNAVAILABLE' });
          });
        }
        for (const [verb, call] of optionalVerbs) {
          it(`rejects ${verb} with ERR_DIRECTORY_UNAVAILABLE, if it has it`, async () => {
            const called = call(await openUnreachable.call(harness));
            if (called === undefined) return;
            await assert.rejects(called, { name: 'LatchkeyError', code: 'ERR_DIRECTORY_UNAVAILABLE' });
          });
        }
      });
    }
  });
}

const verbs: readonly (readonly [string, (directory: Directory) => Promise<unknown>])[] = [
  ['provision', (directory) => directory.provision(assertion('ada'), 'active')],
  ['findUser', (directory) => directory.findUser('ada')],
  ['findUserById', (directory) => directory.findUserById(randomUUID())],
  ['listUsers', (directory) => directory.listUsers({ limit: 1 })],
  ['createUser', (directory) => directory.createUser({ subject: 'ada', authMethod: 'local' })],
  ['updateUser', (directory) => directory.updateUser('ada', { disabled: true })],
  ['deleteUser', (directory) => directory.deleteUser('ada')],
  ['touchUsers', (directory) => directory.touchUsers([{ userId: randomUUID(), lastAssertedAt: later(0) }])],
  ['endLogin', (directory) => directory.endLogin(randomUUID(), 'a', 1)],
  ['mapping', (directory) => directory.mapping()],
  ['putMapping', (directory) => directory.putMapping({ group: 'staff', roles: ['reader'] })],
  ['deleteMapping', (directory) => directory.deleteMapping('staff')],
  ['countGroupSets', (directory) => directory.countGroupSets('staff')],
  ['createDevice', (directory) => directory.createDevice(newDevice(randomUUID()))],
  ['createDevice, with a maximum', (directory) => directory.createDevice(newDevice(randomUUID()), 5)],
  ['findDevice', (directory) => directory.findDevice(randomUUID())],
  ['listDevices', (directory) => directory.listDevices(randomUUID(), later(0))],
  ['searchDevices', (directory) => directory.searchDevices({ now: later(0), limit: 1 })],
  ['renameDevice', (directory) => directory.renameDevice(randomUUID(), randomUUID(), 'Tablet')],
  ['revokeDevices', (directory) => directory.revokeDevices(randomUUID(), 'all', later(0))],
  ['touchDevices', (directory) => directory.touchDevices([{ id: randomUUID(), lastUsedAt: later(0) }])],
  ['renewDevice', (directory) => directory.renewDevice(randomUUID(), 1, later(0), later(1))],
  ['confirmRenewal', (directory) => directory.confirmRenewal(randomUUID(), 1, later(0))],
  ['listAudit', (directory) => directory.listAudit({ limit: 1 })],
  ['pruneAudit', (directory) => directory.pruneAudit(later(0))],
];

/** Verbs that a directory may lack. */
const optionalVerbs: readonly (readonly [string, (directory: Directory) => Promise<unknown> | undefined])[] = [
  ['linkHostUser', (directory) => directory.linkHostUser?.(randomUUID(), '7')],
  ['renameUser', (directory) => directory.renameUser?.('ada', 'grace')],
  ['mergeUsers', (directory) => directory.mergeUsers?.('ada', 'grace')],
];

const journalVerbs: typeof verbs = [
  ['journal.join', ({ journal }) => journal?.join('a', 3000, 1) ?? assert.fail()],
  ['journal.beat', ({ journal }) => journal?.beat('a', { seq: 0, nonce: 'a' }) ?? assert.fail()],
  ['journal.instances', ({ journal }) => journal?.instances() ?? assert.fail()],
  ['journal.leave', ({ journal }) => journal?.leave('a') ?? assert.fail()],
  ['journal.note', ({ journal }) => journal?.note([]) ?? assert.fail()],
  ['journal.prune', ({ journal }) => journal?.prune(3600) ?? assert.fail()],
];
