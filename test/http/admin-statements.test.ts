// The SQL statements of an administrator's change, without those by which instances follow the journal.
import { expect } from 'chai';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import type { User } from '../../src/vocabulary/types.js';
import { type CountingPool, countingPool } from '../support/counting-pool.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type Administered, startAdministered } from './administrator.js';

describe('a change below admin/', () => {
  let server: PostgresServer;
  let counting: CountingPool;
  let host: Administered;
  let alice: User;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  beforeEach(async () => {
    const pool = await server.database();
    await migrate(pool);
    counting = await countingPool(pool);
    host = await startAdministered({ directory: sqlDirectory(counting.pool) });
    alice = await host.person('alice', 'staff');
    await host.person('root', 'admins');
  });
  afterEach(() => host.close());

  /** What each statement does, by its first verb and the tables that it names. */
  function statements(): readonly string[] {
    const relevant = counting.statements.filter((text) => !/latchkey_instances|^(?:BEGIN|SET|COMMIT)\b/.test(text));
    return relevant.map((text) => {
      const tables = new Set(text.match(/latchkey_(?:users|devices|group_roles|mapping_generation)\b/g));
      const verb = /\b(?:UPDATE latchkey_(?:users|devices)|DELETE FROM latchkey_users)/.test(text) ? 'write' : 'read';
      return [verb, ...[...tables].map((table) => table.replace('latchkey_', '')).sort()].join(' ');
    });
  }

  async function change(method: string, path: string, json: unknown, version: number): Promise<readonly string[]> {
    await counting.clear();
    const { status } = await host.change(method, path, json, version);
    expect(status).to.be.oneOf([200, 204]);
    return statements();
  }

  it('reads a user once and writes once', async () => {
    expect(await change('PATCH', `users/${alice.id}`, { add_roles: ['editor'] }, 1)).to.deep.equal([
      'read users',
      'write users',
    ]);
  });

  it('reads the user once more under the lock, if it can take a role from the last administrator', async () => {
    const guarded = ['read mapping_generation', 'read group_roles users', 'write users'];
    expect(await change('PATCH', `users/${alice.id}`, { disabled: true }, 1)).to.deep.equal(['read users', ...guarded]);
    expect(await change('DELETE', `users/${alice.id}`, undefined, 2)).to.deep.equal([
      'read users',
      ...guarded,
      // The row of the journal, by a statement of its own.
      'read',
    ]);
  });

  it('reads a device once to revoke it, and once more under the lock for its version', async () => {
    const { id } = await host.pair('alice');
    expect(await change('DELETE', `devices/${id}`, undefined, 1)).to.deep.equal([
      'read devices users',
      'read devices users',
      'write devices users',
    ]);
    expect((await host.device(id)).revokedAt).to.be.instanceOf(Date);
  });
});
