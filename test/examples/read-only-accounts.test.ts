// The alternative of the own-directory example: Latchkey's own rows beside the host's read-only accounts.
import { expect } from 'chai';
import { latchkey, memoryDirectory, memoryState } from 'latchkey';
import { directoryContract } from 'latchkey/contracts';
import { besideAccounts, type HostAccount } from './own-directory/read-only-accounts.js';

const accounts: ReadonlyMap<string, HostAccount> = new Map([
  ['root', { displayName: 'Roote', grantedRoles: ['editor'] }],
  ['ghost', {}],
]);

describe('a directory beside a read-only users table', () => {
  const account = async (login: string) => accounts.get(login);

  directoryContract(
    'besideAccounts',
    { open: async () => besideAccounts(memoryDirectory(), async () => undefined) },
    { describe, it, before, after, beforeEach },
  );

  it('adds a local row for a user with an account, which no header can take over', async () => {
    const directory = besideAccounts(memoryDirectory(), account);
    const provisioned = await directory.provision({ subject: 'root', groups: ['admins'] }, 'active');
    expect(provisioned).to.deep.include({ outcome: 'unchanged' });
    expect(await directory.findUser('root')).to.deep.include({
      authMethod: 'local',
      displayName: 'Roote',
      grantedRoles: ['editor'],
    });
    expect(await directory.provision({ subject: 'ada' }, 'active')).to.deep.include({ outcome: 'created' });
    expect(await directory.findUser('nobody')).to.equal(undefined);
  });

  it('adds one row for many concurrent calls', async () => {
    const directory = besideAccounts(memoryDirectory(), account);
    const found = await Promise.all(Array.from({ length: 20 }, () => directory.findUser('ghost')));
    expect(new Set(found.map((user) => user?.id)).size).to.equal(1);
    expect(await directory.listUsers({ limit: 10 })).to.have.length(1);
  });

  it('applies the changes that the host reports', async () => {
    const directory = besideAccounts(memoryDirectory(), account);
    const auth = latchkey({ trustedProxies: ['loopback'], headers: 'authelia', directory, state: memoryState() });
    expect((await auth.users.find('root')).grantedRoles).to.deep.equal(['editor']);
    await auth.users.update('root', { addRoles: ['auditor'], removeRoles: ['editor'], disabled: true });
    expect(await auth.users.find('root')).to.deep.include({ grantedRoles: ['auditor'], disabled: true });
    await auth.close();
  });
});
