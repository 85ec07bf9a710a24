// What directories in SQLite and MySQL keep when several processes use them at once, and when one of them dies.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { StorePlace } from '../support/store-worker.js';
import { outcomesOf, runWorkers } from '../support/store-workers.js';

/** Tables that processes share. */
export interface SharedTables {
  /** The directory of this process, emptied. */
  open(): Promise<Directory>;
  place(): StorePlace;
  /** How many statements of a change write or commit, those of the look before it among them. */
  readonly steps: number;
}

const processes = 4;

/** Declares the tests. */
export function storeRaces({ open, place, steps }: SharedTables): void {
  let directory: Directory;
  beforeEach(async () => {
    directory = await open();
  });

  /** A user with a device. */
  async function paired(): Promise<{ readonly userId: string; readonly deviceId: string }> {
    const { id: userId } = await directory.createUser({ subject: 'ada', authMethod: 'proxy' });
    const deviceId = randomUUID();
    const about = { userId, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    await directory.createDevice({ id: deviceId, ...about, createdAt: new Date(0), expiresAt: new Date(1000) });
    return { userId, deviceId };
  }

  for (const count of [5, 50]) {
    describe(`${processes * count} calls at once, by ${processes} processes`, () => {
      it('provisioning one new subject make one user', async () => {
        const outcomes = await outcomesOf(processes, { place: place(), count, task: 'provision' });
        expect(outcomes.filter((outcome) => outcome === 'created')).to.have.length(1);
        expect(outcomes.filter((outcome) => outcome === 'unchanged')).to.have.length(processes * count - 1);
        expect(await directory.listUsers({ limit: 10 })).to.have.length(1);
      });

      it('pairing devices of one user add as many as there is room for', async () => {
        const { userId } = await paired();
        const outcomes = await outcomesOf(processes, { place: place(), count, userId, task: 'pair' });
        expect(outcomes.filter((outcome) => outcome === null)).to.have.length(4);
        expect(new Set(outcomes)).to.deep.equal(new Set([null, 'ERR_DEVICE_LIMIT']));
        expect(await directory.listDevices(userId, new Date(0))).to.have.length(5);
      });

      it('disabling all administrators leave one', async () => {
        for (let index = 0; index < processes * count; index += 1) {
          await directory.provision({ subject: `user-${index}`, groups: ['operators'] }, 'active');
        }
        const outcomes = await outcomesOf(processes, { place: place(), count, task: 'disable' });
        expect(outcomes.filter((outcome) => outcome === 'ERR_LAST_ADMINISTRATOR')).to.have.length(1);
        expect(outcomes.filter((outcome) => outcome === null)).to.have.length(processes * count - 1);
        expect(await directory.listUsers({ disabled: false, limit: 10 })).to.have.length(1);
      });

      it('ending logins of one user keep them all', async () => {
        const { userId } = await paired();
        await outcomesOf(processes, { place: place(), count, userId, task: 'endLogin' });
        expect((await directory.findUserById(userId))?.endedLogins).to.have.length(processes * count);
      });

      it('linking one user keep the first link', async () => {
        const { userId } = await paired();
        const links = await outcomesOf(processes, { place: place(), count, userId, task: 'link' });
        const hostUserId = (await directory.findUserById(userId))?.hostUserId;
        expect(links.filter((link) => link === `true ${hostUserId}`)).to.have.length(1);
        expect(links.filter((link) => link === `false ${hostUserId}`)).to.have.length(processes * count - 1);
      });

      it('renewing one device are carried out once', async () => {
        const { deviceId } = await paired();
        const instants = await outcomesOf(processes, { place: place(), count, deviceId, task: 'renew' });
        const device = (await directory.findDevice(deviceId))?.device;
        expect(new Set(instants)).to.deep.equal(new Set([String(device?.renewedAt?.getTime())]));
      });

      it('adding to the journal number its rows without a gap', async () => {
        const first = (await directory.journal?.note(['first']))?.seq ?? expect.fail();
        const numbers = await outcomesOf(processes, { place: place(), count, task: 'note' });
        expect(numbers.map(Number).sort((one, other) => one - other)).to.deep.equal(
          Array.from({ length: processes * count }, (_, index) => first + 1 + index),
        );
      });
    });
  }

  it('a process that is killed at any statement of a change leaves nothing half-written, and the journal goes on', async () => {
    await directory.createUser({ subject: 'ada', authMethod: 'proxy' });
    const before = await directory.findUser('ada');
    const entries = await directory.listAudit({ limit: 10 });
    const change = { place: place(), count: 1, task: 'change' } as const;
    let deaths = 0;
    for (let dieAt = 1; ; dieAt += 1) {
      const [result] = await runWorkers(1, { ...change, dieAt });
      if (result === undefined || 'outcomes' in result) break;
      expect(result.signal).to.equal('SIGKILL');
      deaths += 1;
      expect(await directory.findUser('ada')).to.deep.equal(before);
      expect(await directory.listAudit({ limit: 10 })).to.deep.equal(entries);
      expect(await directory.listUsers({ role: { role: 'editor', groups: [] }, limit: 10 })).to.deep.equal([]);
    }
    expect(deaths).to.equal(steps);
    const after = await directory.findUser('ada');
    expect(after).to.deep.include({ grantedRoles: ['editor'], version: 2 });
    expect(after?.position?.seq).to.equal((before?.position?.seq ?? expect.fail()) + 1);
    expect(await directory.journal?.note(['a'])).to.include({ seq: (after?.position?.seq ?? expect.fail()) + 1 });
  });
}
