// stores: the SQL directory when a neighbour's transaction is open. Locks make each race happen the same way each time.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import type { Directory } from '../../src/ports.js';
import { sqlDirectory } from '../../src/stores/sql-directory.js';
import { migrate } from '../../src/stores/sql-schema.js';
import { emptyTables } from '../support/pglite.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';

describe('sqlDirectory, while a neighbour writes', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let directory: Directory;
  let neighbour: pg.PoolClient;

  before(async () => {
    server = await startPostgres();
    pool = await server.database();
    await migrate(pool);
    neighbour = await pool.connect();
  });
  after(async () => {
    neighbour.release();
    await server.stop();
  });
  beforeEach(async () => {
    await emptyTables(pool);
    directory = sqlDirectory(pool);
  });

  /** Has the neighbour write, starts the call, waits until the database makes it wait, and ends the transaction. */
  async function meanwhile<T>(
    statement: string,
    call: () => Promise<T>,
    end: 'COMMIT' | 'ROLLBACK' = 'COMMIT',
    whileWaiting: () => Promise<void> = async () => {},
  ): Promise<T> {
    await neighbour.query('BEGIN');
    await neighbour.query(statement);
    const result = call();
    result.catch(() => {});
    await until('the call waits for the neighbour', async () => {
      const { rows } = await pool.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    await whileWaiting();
    await neighbour.query(end);
    return result;
  }

  const login = (groups: readonly string[], roles: readonly string[] = []) =>
    directory.provision({ subject: 'ada', groups }, roles, 'active');
  const insertion = `INSERT INTO latchkey_users (id, subject, auth_method, groups)
    VALUES ('${randomUUID()}', 'ada', 'proxy', '{staff}')`;

  it('gives the row that the neighbour made first', async () => {
    const result = await meanwhile(insertion, () => login(['staff']));
    expect(result).to.deep.equal({ outcome: 'unchanged', user: await directory.findUser('ada') });
  });

  it('updates the row that the neighbour made first, where it differs', async () => {
    const result = await meanwhile(insertion, () => login(['engineers']));
    expect(result).to.have.property('outcome', 'updated');
    expect((await directory.findUser('ada'))?.groups).to.deep.equal(['engineers']);
  });

  it('makes the row itself where the neighbour thinks better of it', async () => {
    const result = await meanwhile(insertion, () => login(['staff']), 'ROLLBACK');
    expect(result).to.deep.equal({ outcome: 'created', user: await directory.findUser('ada') });
  });

  it('gives the row as the neighbour left it, and writes nothing, where both write the same', async () => {
    await login(['staff']);
    const same = `UPDATE latchkey_users SET groups = '{engineers}', version = 2`;
    const result = await meanwhile(same, () => login(['engineers']));
    expect(result).to.deep.equal({ outcome: 'unchanged', user: await directory.findUser('ada') });
    expect(await directory.findUser('ada')).to.include({ version: 2 });
  });

  it('keeps a disable that came between, and reports it', async () => {
    await login(['staff']);
    const disable = 'UPDATE latchkey_users SET disabled = true, version = 2';
    const result = await meanwhile(disable, () => login(['engineers']));
    expect(result).to.have.property('outcome', 'updated');
    expect(result).to.have.nested.property('user.disabled', true);
    expect(result).to.have.nested.property('user.version', 3);
  });

  it('leaves the row alone that the neighbour made a local one', async () => {
    await login(['staff']);
    const convert = `UPDATE latchkey_users SET auth_method = 'local', version = 2`;
    const result = await meanwhile(convert, () => login(['engineers'], ['admin']));
    expect(result).to.deep.equal({ outcome: 'unchanged', user: await directory.findUser('ada') });
    expect((await directory.findUser('ada'))?.managedRoles).to.deep.equal([]);
  });

  it('makes the row anew that the neighbour deleted', async () => {
    await login(['staff']);
    const result = await meanwhile('DELETE FROM latchkey_users', () => login(['engineers']));
    expect(result).to.have.property('outcome', 'created');
  });

  it('makes no row with create: never, when the neighbour deleted it', async () => {
    await login(['staff']);
    const call = () => directory.provision({ subject: 'ada', groups: [] }, [], 'never');
    expect(await meanwhile('DELETE FROM latchkey_users', call)).to.deep.equal({ outcome: 'absent' });
    expect(await directory.findUser('ada')).to.equal(undefined);
  });

  it('waits for nobody when nothing differs', async () => {
    await login(['staff']);
    await neighbour.query('BEGIN');
    await neighbour.query('UPDATE latchkey_users SET disabled = true');
    expect(await login(['staff'])).to.include({ outcome: 'unchanged' });
    await neighbour.query('ROLLBACK');
  });

  it('remaps nothing where a login with other groups came between', async () => {
    await login(['staff'], ['reader']);
    const otherLogin = `UPDATE latchkey_users SET groups = '{engineers}', managed_roles = '{writer}', version = 2`;
    const user = await meanwhile(otherLogin, () => directory.remap('ada', ['staff'], ['admin']));
    expect(user).to.deep.equal(await directory.findUser('ada'));
    expect(user).to.include({ version: 2 });
    expect(user?.managedRoles).to.deep.equal(['writer']);
  });

  it('grants on top of what the neighbour granted', async () => {
    await login(['staff']);
    const grant = `UPDATE latchkey_users SET granted_roles = '{auditor}', version = 2`;
    const user = await meanwhile(grant, () => directory.updateUser('ada', { grant: ['writer'] }));
    expect(user?.grantedRoles).to.deep.equal(['auditor', 'writer']);
    expect(user).to.include({ version: 3 });
  });

  it('rejects a device whose owner goes at that moment', async () => {
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
    const device = { id: randomUUID(), ...about, createdAt: new Date(0), expiresAt: new Date(1) };
    const refusal = await meanwhile('DELETE FROM latchkey_users', () =>
      directory.createDevice(device).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refusal).to.include({ code: 'ERR_USER_UNKNOWN' });
    expect(await directory.findDevice(device.id)).to.equal(undefined);
  });

  it('locks the devices that it touches in the order of their ids, so that no two calls wait for each other', async () => {
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
    const [low, high] = [randomUUID(), randomUUID()].sort() as [string, string];
    // The later id comes first both on disk and in the call.
    for (const id of [high, low]) {
      await directory.createDevice({ id, ...about, createdAt: new Date(0), expiresAt: new Date(1) });
    }
    const free: unknown[] = [];
    const seeWhatIsFree = async () => {
      const { rows } = await pool.query('SELECT id FROM latchkey_devices FOR UPDATE SKIP LOCKED');
      free.push(...rows.map((row) => row.id));
    };
    await meanwhile(
      `SELECT FROM latchkey_devices WHERE id = '${low}' FOR UPDATE`,
      () => directory.touchDevices([high, low].map((id) => ({ id, lastUsedAt: new Date(0) }))),
      'COMMIT',
      seeWhatIsFree,
    );
    expect(free).to.deep.equal([high]);
  });

  it('reads the mapping as it was before an edit that is not finished', async () => {
    const before = await directory.putGroupRoles({ group: 'staff', roles: ['reader'] });
    await neighbour.query('BEGIN');
    await neighbour.query('UPDATE latchkey_mapping_generation SET generation = generation + 1');
    await neighbour.query('DELETE FROM latchkey_group_roles');
    expect(await directory.mapping()).to.deep.equal(before);
    await neighbour.query('ROLLBACK');
  });

  it('edits the mapping on top of what the neighbour edited', async () => {
    const edit = `WITH moved AS (UPDATE latchkey_mapping_generation SET generation = generation + 1)
      INSERT INTO latchkey_group_roles VALUES ('admins', '{admin}')`;
    const mapping = await meanwhile(edit, () => directory.putGroupRoles({ group: 'staff', roles: ['reader'] }));
    expect(mapping).to.deep.equal({
      generation: 2,
      groupRoles: [
        { group: 'admins', roles: ['admin'] },
        { group: 'staff', roles: ['reader'] },
      ],
    });
  });
});
