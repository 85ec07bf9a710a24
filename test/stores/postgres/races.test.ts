// Users and mappings of the SQL directory while another transaction is open. Locks make each race deterministic.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { sqlNeighbour } from '../../support/sql-neighbour.js';

describe('sqlDirectory, while another transaction writes', () => {
  let directory: Directory;
  const neighbour = sqlNeighbour();
  const { meanwhile } = neighbour;

  before(neighbour.start);
  after(neighbour.stop);
  beforeEach(async () => {
    directory = await neighbour.directory();
  });

  const login = (groups: readonly string[]) => directory.provision({ subject: 'ada', groups }, 'active');
  const insertion = `INSERT INTO latchkey_users (id, subject, auth_method, groups)
    VALUES ('${randomUUID()}', 'ada', 'proxy', '{staff}')`;

  it('returns the row that the other transaction creates first', async () => {
    const result = await meanwhile(insertion, () => login(['staff']));
    expect(result).to.deep.equal({ outcome: 'unchanged', user: await directory.findUser('ada') });
  });

  it('updates the row that the other transaction creates first, if it differs', async () => {
    const result = await meanwhile(insertion, () => login(['engineers']));
    expect(result).to.have.property('outcome', 'updated');
    expect((await directory.findUser('ada'))?.groups).to.deep.equal(['engineers']);
  });

  it('creates the row if the other transaction rolls back', async () => {
    const result = await meanwhile(insertion, () => login(['staff']), 'ROLLBACK');
    expect(result).to.deep.equal({ outcome: 'created', user: await directory.findUser('ada') });
  });

  it('returns the other transaction’s row, and writes nothing, if both write the same', async () => {
    await login(['staff']);
    const same = `UPDATE latchkey_users SET groups = '{engineers}', version = 2`;
    const result = await meanwhile(same, () => login(['engineers']));
    expect(result).to.deep.equal({ outcome: 'unchanged', user: await directory.findUser('ada') });
    expect(await directory.findUser('ada')).to.include({ version: 2 });
  });

  it('keeps and returns a disabled mark that the other transaction sets', async () => {
    await login(['staff']);
    const disable = 'UPDATE latchkey_users SET disabled = true, version = 2';
    const result = await meanwhile(disable, () => login(['engineers']));
    expect(result).to.have.property('outcome', 'updated');
    expect(result).to.have.nested.property('user.disabled', true);
    expect(result).to.have.nested.property('user.version', 3);
  });

  it('does not change a row that the other transaction converts to a local one', async () => {
    await login(['staff']);
    const convert = `UPDATE latchkey_users SET auth_method = 'local', version = 2`;
    const result = await meanwhile(convert, () => login(['engineers']));
    expect(result).to.deep.equal({ outcome: 'unchanged', user: await directory.findUser('ada') });
    expect((await directory.findUser('ada'))?.groups).to.deep.equal(['staff']);
  });

  it('creates the row again if the other transaction deletes it', async () => {
    await login(['staff']);
    const result = await meanwhile('DELETE FROM latchkey_users', () => login(['engineers']));
    expect(result).to.have.property('outcome', 'created');
  });

  it('creates no row with create: never if the other transaction deletes it', async () => {
    await login(['staff']);
    const call = () => directory.provision({ subject: 'ada', groups: [] }, 'never');
    expect(await meanwhile('DELETE FROM latchkey_users', call)).to.deep.equal({ outcome: 'absent' });
    expect(await directory.findUser('ada')).to.equal(undefined);
  });

  it('does not wait if nothing differs', async () => {
    await login(['staff']);
    await neighbour.query('BEGIN');
    await neighbour.query('UPDATE latchkey_users SET disabled = true');
    expect(await login(['staff'])).to.include({ outcome: 'unchanged' });
    await neighbour.query('ROLLBACK');
  });

  it('adds a role to those that the other transaction adds', async () => {
    await login(['staff']);
    const grant = `UPDATE latchkey_users SET granted_roles = '{auditor}', version = 2`;
    const user = await meanwhile(grant, () => directory.updateUser('ada', { addRoles: ['writer'] }));
    expect(user?.grantedRoles).to.deep.equal(['auditor', 'writer']);
    expect(user).to.include({ version: 3 });
  });

  it('reads the mapping as it was before an uncommitted change', async () => {
    const before = await directory.putMapping({ group: 'staff', roles: ['reader'] });
    await neighbour.query('BEGIN');
    await neighbour.query('UPDATE latchkey_mapping_generation SET generation = generation + 1');
    await neighbour.query('DELETE FROM latchkey_group_roles');
    expect(await directory.mapping()).to.deep.equal(before);
    await neighbour.query('ROLLBACK');
  });

  it('adds a mapping to the one that the other transaction adds', async () => {
    const edit = `WITH moved AS (UPDATE latchkey_mapping_generation SET generation = generation + 1)
      INSERT INTO latchkey_group_roles VALUES ('admins', '{admin}')`;
    const mapping = await meanwhile(edit, () => directory.putMapping({ group: 'staff', roles: ['reader'] }));
    expect(mapping.generation).to.equal(2);
    expect(mapping.groupRoles.map(({ group }) => group)).to.deep.equal(['admins', 'staff']);
  });
});
