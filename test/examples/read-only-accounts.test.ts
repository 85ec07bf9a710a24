// Latchkey's own rows beside accounts of the host that nobody writes.
import { expect } from 'chai';
import { latchkey, memoryDirectory, memoryState } from 'latchkey';
import { directoryContract } from 'latchkey/contracts';
import { besideAccounts, type HostAccount } from './own-directory/read-only-accounts.js';

const accounts: ReadonlyMap<string, HostAccount> = new Map([
  ['root', { displayName: 'Roote', grantedRoles: ['editor'] }],
  ['ghost', {}],
]);

describe('a users table that must not be written', () => {
  const account = async (login: string) => accounts.get(login);

  directoryContract(
    'besideAccounts',
    { open: async () => besideAccounts(memoryDirectory(), async () => undefined) },
    { describe, it, before, after, beforeEach },
  );

  it('gives whoever has an account a local row, which no header takes', async () => {
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

  it('makes one row of many calls at once', async () => {
    const directory = besideAccounts(memoryDirectory(), account);
    const found = await Promise.all(Array.from({ length: 20 }, () => directory.findUser('ghost')));
    expect(new Set(found.map((user) => user?.id)).size).to.equal(1);
    expect(await directory.listUsers({ limit: 10 })).to.have.length(1);
  });

  it('follows the host by what the host tells', async () => {
    const directory = besideAccounts(memoryDirectory(), account);
    const auth = latchkey({ trustedProxies: ['loopback'], headers: 'authelia', directory, state: memoryState() });
    expect((await auth.users.find('root')).grantedRoles).to.deep.equal(['editor']);
    await auth.users.update('root', { addRoles: ['auditor'], removeRoles: ['editor'], disabled: true });
    expect(await auth.users.find('root')).to.deep.include({ grantedRoles: ['auditor'], disabled: true });
    await auth.close();
  });
});
