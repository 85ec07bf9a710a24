// P18: a user cancels a pairing while an app redeems it.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { codeOf, type PairingRig, pairingRig } from '../support/pairing-rig.js';
import { onEachState, tapped } from '../support/tapped-state.js';

describe('P18: a race of cancel and redeem', () => {
  onEachState((openState) => {
    let rig: PairingRig;
    before(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now });
    });

    it('has exactly one winner, and both see the same result', async () => {
      for (let round = 0; round < 8; round += 1) {
        const user = await rig.directory.createUser({ subject: `user-${round}`, authMethod: 'proxy' });
        const owner = { userId: user.id, subject: user.subject };
        const { id, code = '' } = await rig.pairings.open(owner);
        const redeem = () => rig.outcome(code, { address: `198.51.100.${round}` });
        const cancel = () =>
          rig.pairings.cancel(owner, id).then(
            () => 'cancelled',
            (error: unknown) => codeOf(error),
          );
        const [redeemed, cancelled] = await (round % 2
          ? Promise.all([redeem(), cancel()])
          : Promise.all([cancel(), redeem()]).then(([second, first]) => [first, second] as const));
        const { status } = await rig.pairings.view(owner, id);
        const devices = await rig.directory.listDevices(user.id, new Date());
        if (status === 'redeemed') {
          expect([redeemed, cancelled, devices.length]).to.deep.equal(['token', 'ERR_PAIRING_ENDED', 1]);
        } else {
          expect(status).to.equal('cancelled');
          expect([redeemed, cancelled, devices.length]).to.deep.equal(['ERR_GRANT_INVALID', 'cancelled', 0]);
        }
      }
    });
  });

  /** Runs the action between the read and the write of the next state change. */
  async function inTheGap(first: (rig: PairingRig) => Promise<unknown>, second: (rig: PairingRig) => Promise<unknown>) {
    const tap = tapped(memoryState());
    const rig = await pairingRig({ state: tap.state, localNow: Date.now });
    let done: unknown;
    tap.before = async (verb) => {
      if (verb !== 'compareAndSet') return;
      tap.before = () => undefined;
      done = await second(rig);
    };
    return { rig, first: await first(rig), second: () => done };
  }

  it('refuses the redeemer if the owner cancels between its read and its write', async () => {
    let id = '';
    const { rig, first } = await inTheGap(
      async (current) => {
        const view = await current.pairings.open(current.alice);
        id = view.id;
        return current.outcome(view.code ?? '');
      },
      (current) => current.pairings.cancel(current.alice, id),
    );
    expect(first).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'cancelled' });
    expect(rig.events.map(({ type }) => type)).to.deep.equal(['pairing.opened', 'pairing.cancelled']);
  });

  it('refuses to cancel if the app redeems between the read and the write', async () => {
    let opened = { id: '', code: '' };
    const { rig, first, second } = await inTheGap(
      async (current) => {
        const { id, code = '' } = await current.pairings.open(current.alice);
        opened = { id, code };
        return current.pairings.cancel(current.alice, id).catch(codeOf);
      },
      (current) => current.outcome(opened.code),
    );
    expect([first, second()]).to.deep.equal(['ERR_PAIRING_ENDED', 'token']);
    expect(await rig.devices()).to.have.length(1);
  });

  it('refuses the redeemer if wrong tries burn the pairing between its read and its write', async () => {
    const { rig, first } = await inTheGap(
      async (current) => {
        const { id, code = '' } = await current.pairings.open(current.alice);
        return current.outcome(code).then((outcome) => `${outcome} ${id}`);
      },
      async (current) => {
        for (let guess = 0; guess < 4; guess += 1) await current.outcome(`ZZZZ-0000-000${guess}`);
        const id = (current.events[0] as { pairingId: string }).pairingId;
        for (let guess = 0; guess < 4; guess += 1) await current.outcome({ id, secret: `guess-${guess}` });
      },
    );
    expect(first).to.match(/^ERR_GRANT_INVALID/);
    expect(await rig.devices()).to.have.length(0);
  });
});
