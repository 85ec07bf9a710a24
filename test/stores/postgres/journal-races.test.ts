// The journal of the SQL directory while another transaction is open.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { SqlPool } from '../../../src/stores/postgres/pool.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Journal, Position } from '../../../src/vocabulary/journal.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { refusal } from '../../support/people.js';
import { until } from '../../support/processes.js';
import { sqlNeighbour } from '../../support/sql-neighbour.js';

describe('sqlDirectory, while another transaction adds to the journal', () => {
  let directory: Directory;
  let journal: Journal;
  const neighbour = sqlNeighbour();
  const { meanwhile } = neighbour;

  before(neighbour.start);
  after(neighbour.stop);
  beforeEach(async () => {
    await neighbour.directory();
    directory = sqlDirectory(neighbour.pool());
    journal = directory.journal ?? expect.fail();
  });

  const login = (groups: readonly string[], subject = 'ada') => directory.provision({ subject, groups }, 'active');
  /** The statement with which every change ends. */
  const appended = (keys: string) => `WITH head AS (
      UPDATE latchkey_journal_head SET seq = seq + 1, nonce = 'of the neighbour' RETURNING seq, nonce
    ) INSERT INTO latchkey_journal (seq, nonce, keys) SELECT seq, nonce, '${keys}' FROM head`;
  const lastRow = async (): Promise<Position & { keys: readonly string[] }> => {
    const { rows } = await neighbour
      .pool()
      .query('SELECT seq::integer, nonce, keys FROM latchkey_journal ORDER BY seq DESC LIMIT 1');
    return rows[0];
  };

  it('continues after the row that the other transaction commits, and returns its own position', async () => {
    await login(['staff']);
    const { seq } = await lastRow();
    const result = await meanwhile(appended('{u:grace}'), () => login(['engineers']));
    const own = await lastRow();
    expect(result).to.have.property('outcome', 'updated');
    expect(own).to.deep.include({ seq: seq + 2, keys: ['u:ada'] });
    expect(result.position).to.deep.equal({ seq: own.seq, nonce: own.nonce });
  });

  it('uses the number that the other transaction rolls back', async () => {
    await login(['staff']);
    const { seq } = await lastRow();
    await meanwhile(appended('{u:grace}'), () => login(['engineers']), 'ROLLBACK');
    expect(await lastRow()).to.deep.include({ seq: seq + 1, keys: ['u:ada'] });
    expect(await meanwhile(appended('{u:grace}'), () => journal.note(['x']), 'ROLLBACK')).to.include({ seq: seq + 2 });
  });

  it('joins after the row that the other transaction commits, and reads it', async () => {
    const { seq } = await lastRow();
    const { rows } = await meanwhile(appended('{u:grace}'), () => journal.join(randomUUID(), 3000, 3));
    expect(rows.map((row) => [row.seq, row.keys])).to.deep.include.members([
      [seq + 1, ['u:grace']],
      [seq + 2, ['j']],
    ]);
    expect(rows.at(-1)?.seq).to.equal(seq + 2);
  });

  it('reads, beats, and provisions unchanged and new users without waiting for the other transaction', async () => {
    await login(['staff']);
    const id = randomUUID();
    const { rows } = await journal.join(id, 3000, 1);
    const last = rows[0] ?? expect.fail();
    const position = { seq: last.seq, nonce: last.nonce };
    const before = await directory.findUser('ada');
    await neighbour.query('BEGIN');
    await neighbour.query(`UPDATE latchkey_users SET disabled = true, version = 2`);
    await neighbour.query(`UPDATE latchkey_mapping_generation SET generation = generation + 1`);
    await neighbour.query(appended('{u:ada,m}'));
    expect(await directory.findUser('ada')).to.deep.equal({ ...before, position });
    expect((await directory.mapping()).position).to.deep.equal(position);
    expect(await login(['staff'])).to.deep.include({ outcome: 'unchanged', position });
    expect(await login(['staff'], 'grace')).to.deep.include({ outcome: 'created', position });
    expect(await journal.beat(id, position)).to.deep.equal([]);
    await journal.instances();
    await neighbour.query('COMMIT');
    const [row] = (await journal.beat(id, position)) ?? [];
    expect(row).to.deep.include({ seq: position.seq + 1, keys: ['u:ada', 'm'] });
    expect(await directory.findUser('ada')).to.deep.include({
      disabled: true,
      position: { seq: row?.seq, nonce: 'of the neighbour' },
    });
  });

  it('does not lock the journal while it waits for another row', async () => {
    await login(['staff']);
    const { id: userId } = (await directory.findUser('ada')) ?? expect.fail();
    const id = randomUUID();
    const about = { userId, name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
    await directory.createDevice({ id, ...about, createdAt: new Date(0), expiresAt: new Date(1) });
    const free = async () => {
      await neighbour.pool().query('SELECT FROM latchkey_journal_head FOR UPDATE NOWAIT');
    };
    const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['users', () => login(['engineers'])],
      ['users', () => directory.updateUser('ada', { addRoles: ['auditor'] })],
      ['devices', () => directory.renameDevice(userId, id, 'Tablet')],
      ['devices', () => directory.renewDevice(id, 1, new Date(0), new Date(2))],
      ['devices', () => directory.confirmRenewal(id, 2, new Date(1))],
      ['devices', () => directory.revokeDevices(userId, 'all', new Date(0))],
      ['mapping_generation', () => directory.putMapping({ group: 'staff', roles: ['reader'] })],
      ['devices', () => directory.deleteUser('ada')],
    ];
    const { seq } = await lastRow();
    for (const [table, change] of changes) {
      await meanwhile(`SELECT FROM latchkey_${table} FOR UPDATE`, change, 'COMMIT', free);
    }
    expect((await lastRow()).seq).to.equal(seq + changes.length);
  });

  it('adds no row for a change that the other transaction makes first', async () => {
    await login(['staff']);
    const { seq } = await lastRow();
    const same = `UPDATE latchkey_users SET groups = '{engineers}', version = 2`;
    expect(await meanwhile(same, () => login(['engineers']))).to.deep.include({ outcome: 'unchanged' });
    expect(await lastRow()).to.include({ seq });
  });

  it('keeps an instance that beats before it is removed, and refuses the beat of a removed one', async () => {
    const id = randomUUID();
    const { rows } = await journal.join(id, 3000, 1);
    const position = rows[0] ?? expect.fail();
    const beating = `UPDATE latchkey_instances SET beat = beat + 1 WHERE id = '${id}'`;
    await meanwhile(beating, () => journal.leave(id, 0));
    expect(await journal.instances()).to.deep.include({
      id,
      beat: 1,
      acknowledged: position.seq,
      waitMilliseconds: 3000,
    });
    const removal = `DELETE FROM latchkey_instances WHERE id = '${id}'`;
    expect(await meanwhile(removal, () => journal.beat(id, position))).to.equal(undefined);
  });

  it('does not wait long for a process that hangs before its COMMIT', async () => {
    await login(['staff']);
    const { seq } = await lastRow();
    let goOn = (): void => {};
    let reached = false;
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const still: SqlPool = {
      query: (text, params) => neighbour.pool().query(text, params),
      async connect() {
        const connection = await neighbour.pool().connect();
        return {
          async query(text: string, params?: unknown[]) {
            if (text === 'COMMIT') {
              reached = true;
              await standing;
            }
            return connection.query(text, params);
          },
          on: (event, listener) => connection.on(event, listener),
          off: (event, listener) => connection.off(event, listener),
          release: (destroy) => connection.release(destroy),
        };
      },
    };
    const change = refusal(sqlDirectory(still).deleteUser('ada'));
    await until('the change stands before its COMMIT', async () => reached);
    expect(await journal.note(['x'])).to.include({ seq: seq + 1 });
    goOn();
    expect(await change).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    expect(await directory.findUser('ada')).to.include({ disabled: false });
  });
});
