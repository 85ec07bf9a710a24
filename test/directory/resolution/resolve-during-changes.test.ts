// A look-up that runs during a change.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { roles } from '../../support/people.js';

const deviceId = '0b5d4c6e-7f0a-4d7b-9d52-3c1f5a0e9b11';

describe('a look-up that runs during a change', () => {
  let inner: Directory;
  let state: SharedState;
  let one: Instance;
  let hold: { readonly reached: () => void; readonly open: Promise<void> } | undefined;

  beforeEach(async () => {
    inner = memoryDirectory();
    state = memoryState();
    const directory: Directory = {
      ...inner,
      async findUser(subject) {
        const held = hold;
        hold = undefined;
        held?.reached();
        await held?.open;
        return inner.findUser(subject);
      },
    };
    one = instance({ directory, state, groupRoles: { staff: ['viewer'] } });
    const account = await one.resolver.resolve({ subject: 'alice', groups: ['staff', 'ops'] });
    const at = { createdAt: new Date(), expiresAt: new Date(Date.now() + 1e9) };
    const device = {
      id: deviceId,
      userId: account?.userId ?? '',
      name: 'phone',
      clientId: 'app',
      pairedBy: 'code',
      ...at,
    } as const;
    await inner.createDevice(device, 10);
    await one.resolver.findDevice(deviceId, 'alice');
    await one.administration.mappings.set('ops', ['editor']);
  });
  afterEach(async () => {
    await one.resolver.close();
    await state.close();
  });

  /** Blocks the next read of a user's row until the change has returned. */
  async function during<Answer>(ask: () => Answer | Promise<Answer>, change: () => Promise<unknown>): Promise<Answer> {
    let reached = () => {};
    let open = () => {};
    const began = new Promise<void>((resolve) => (reached = resolve));
    hold = { reached, open: new Promise<void>((resolve) => (open = resolve)) };
    const answer = ask();
    await began;
    await change();
    open();
    return answer;
  }

  it('does not return a device from before its revocation', async () => {
    const found = await during(
      () => one.resolver.findDevice(deviceId, 'alice'),
      () => one.administration.devices.revoke('alice', deviceId),
    );
    expect(found?.device.revokedAt).to.be.instanceOf(Date);
  });

  it('does not return roles from before an edit of the mappings', async () => {
    await one.resolver.find('alice');
    await one.administration.users.disable('alice');
    const account = await during(
      () => one.resolver.find('alice'),
      () => one.administration.mappings.delete('ops'),
    );
    expect(roles(account)).to.deep.equal(['viewer']);
  });
});
