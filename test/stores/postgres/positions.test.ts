// Positions of the SQL directory: they are exact while two processes read and write at once.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import { journalKeys, type Position } from '../../../src/vocabulary/journal.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';

/** One read, with the number of changes of this key since the beginning. */
interface Read {
  readonly verb: string;
  readonly key: string;
  readonly changes: number;
  readonly position: Position | undefined;
}

const people = 5;

describe('positions in Postgres', () => {
  let server: PostgresServer;
  let pool: pg.Pool;

  before(async () => {
    server = await startPostgres();
    pool = await server.database({ max: 20 });
    await migrate(pool);
  });
  after(() => server.stop());

  for (const [other, options] of [
    ['read committed', ''],
    ['serializable', '-c default_transaction_isolation=serializable'],
  ] as const) {
    it(`match the content in hundreds of reads and changes by two processes, the second one ${other}`, async () => {
      const processes = [
        sqlDirectory(pool),
        sqlDirectory(server.pool({ database: pool.options.database, max: 20, options })),
      ] as const;
      const [directory] = processes;
      const { generation } = await directory.mapping();
      const devices: { id: string; userId: string }[] = [];
      const start = new Map<string, number>();
      for (let index = 0; index < people; index += 1) {
        const result = await directory.provision({ subject: `user-${index}` }, 'active');
        const { id: userId, version } = result.outcome === 'absent' ? expect.fail() : result.user;
        start.set(`user-${index}`, version);
        const id = randomUUID();
        const about = { name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
        await directory.createDevice({ id, userId, ...about, createdAt: new Date(0), expiresAt: new Date(1) });
        devices.push({ id, userId });
      }
      const { position: beginning } = await directory.mapping();

      const reads: Read[] = [];
      const readUser = (
        verb: string,
        { subject, version }: { subject: string; version: number },
        position?: Position,
      ) => reads.push({ verb, key: journalKeys.user(subject), changes: version - (start.get(subject) ?? 0), position });

      async function step(at: Directory, index: number): Promise<void> {
        const subject = `user-${(index * 7) % people}`;
        const device = devices[(index * 3) % people] ?? expect.fail();
        switch (index % 8) {
          case 0:
            await at.updateUser(subject, { addRoles: [`role-${index}`] });
            return;
          case 1:
            await at.putMapping({ group: `group-${index}`, roles: [`role-${randomUUID()}`] });
            return;
          case 2:
            await at.renameDevice(device.userId, device.id, `Phone ${index}`);
            return;
          case 3:
          case 4: {
            // In half of them, another login has just written the same groups.
            const result = await at.provision({ subject, groups: [`group-${index % 16}`] }, 'never');
            const { outcome } = result;
            readUser(outcome, outcome === 'absent' ? expect.fail() : result.user, result.position);
            return;
          }
          case 5: {
            const found = (await at.findUser(subject)) ?? expect.fail();
            readUser('findUser', found, found.position);
            return;
          }
          case 6: {
            const found = (await at.findDevice(device.id)) ?? expect.fail();
            const changes = found.device.version - 1;
            reads.push({ verb: 'findDevice', key: journalKeys.device(device.id), changes, position: found.position });
            readUser('owner', found.user, found.position);
            return;
          }
          default: {
            const { generation: now, position } = await at.mapping();
            reads.push({ verb: 'mapping', key: journalKeys.mapping, changes: now - generation, position });
          }
        }
      }
      await Promise.all(
        processes.flatMap((at, process) =>
          Array.from({ length: 20 }, async (_, lane) => {
            for (let round = 0; round < 16; round += 1) {
              await step(at, (round * 20 + lane) * 2 + process);
            }
          }),
        ),
      );

      const { rows } = await pool.query(
        'SELECT seq::integer, nonce, keys FROM latchkey_journal WHERE seq > $1 ORDER BY seq',
        [beginning?.seq],
      );
      expect(rows.map(({ seq }) => seq)).to.deep.equal(rows.map((_, index) => Number(beginning?.seq) + 1 + index));
      expect(reads.length).to.be.greaterThan(400);
      const nonces = new Map<number, string>([beginning, ...rows].map(({ seq, nonce }) => [seq, nonce]));
      for (const { verb, key, changes, position = expect.fail() } of reads) {
        expect(position.nonce).to.equal(nonces.get(position.seq));
        const upTo = rows.filter(({ seq, keys }) => seq <= position.seq && keys.includes(key)).length;
        expect(changes, `${verb} of ${key} at ${position.seq}`).to.equal(upTo);
      }
    });
  }
});
