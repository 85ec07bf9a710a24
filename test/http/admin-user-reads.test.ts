// How often an administrator's change of a user queries the directory.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Counted, counted } from '../support/ports.js';
import { type Administered, startAdministered } from './administrator.js';

describe('admin/users/:id', () => {
  let directory: Counted<Directory>;
  let host: Administered;
  let id: string;
  beforeEach(async () => {
    directory = counted(memoryDirectory());
    host = await startAdministered({ directory: directory.port });
    ({ id } = await host.person('alice', 'staff'));
    await host.person('root', 'admins');
    await host.look(`users/${id}`);
    directory.reset();
  });
  afterEach(() => host.close());

  it('reads the user once to show it', async () => {
    expect((await host.look(`users/${id}`)).status).to.equal(200);
    expect(directory.count()).to.equal(directory.count('findUserById')).and.to.equal(1);
  });

  it('reads and writes the user once for any change, and never reads the mappings', async () => {
    for (const [version, change] of [{ disabled: true }, { disabled: false, add_roles: ['editor'] }].entries()) {
      directory.reset();
      const answer = await host.change('PATCH', `users/${id}`, change, version + 1);
      expect(answer.json).to.include({ version: version + 2 });
      expect(directory.count('findUserById'), 'read').to.equal(1);
      expect(directory.count('updateUser'), 'written').to.equal(1);
      // The change does not affect the mappings, and the administrator is cached.
      expect(directory.count(), 'in all').to.equal(2);
    }
    directory.reset();
    expect((await host.change('DELETE', `users/${id}`, undefined, 3)).status).to.equal(204);
    expect(directory.count('findUserById', 'deleteUser')).to.equal(directory.count()).and.to.equal(2);
  });
});
