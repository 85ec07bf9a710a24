// How many operations of the shared state and the directory each step of a pairing needs.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type PairingRig, pairingRig, proofOf, start } from '../support/pairing-rig.js';
import { type TappedState, tapped } from '../support/tapped-state.js';

/** The verb, and the names of the keys without what is in them. */
function operation({ verb, arguments: [first] }: TappedState['calls'][number]): string {
  if (verb === 'now' || verb === 'publish') return verb;
  const keys = [first].flat().map((key) => /^pairing(?:-throttle:|-)?([a-z-]*)/.exec(String(key))?.[1] || 'pairing');
  return `${verb} ${keys.join(' and ')}`;
}

describe('a pairing', () => {
  let rig: PairingRig;
  let inner: SharedState;
  let reads: string[];

  async function begin(approval: 'off' | 'always'): Promise<void> {
    reads = [];
    inner = memoryState({ now: () => rig?.clock.now ?? start });
    const state: SharedState = {
      ...inner,
      get(keys) {
        reads.push(...keys.filter((key) => key.startsWith('pairing:')));
        return inner.get(keys);
      },
    };
    rig = await pairingRig({ state, approval });
  }
  afterEach(async () => {
    await rig.close();
    await inner.close();
  });

  it('is read once for a redemption, by code or by link', async () => {
    await begin('off');
    for (const by of ['code', 'link']) {
      const { code = '', uri } = await rig.pairings.open(rig.alice);
      reads = [];
      await rig.redeem(by === 'code' ? code : proofOf(uri));
      expect(reads, by).to.have.length(1);
    }
  });

  it('is redeemed with exactly these operations', async () => {
    const memory = memoryState({ now: () => start });
    const tap = tapped(memory);
    const own = await pairingRig({ state: tap.state });
    const asked: string[] = [];
    own.around = (verb, call) => {
      asked.push(verb);
      return call();
    };
    const counted = ['increment address', 'increment address-network', 'increment tries', 'increment user'];
    const redeemed = ['get pairing', 'now', ...counted, 'compareAndSet pairing', 'compareAndSet pairing'];
    for (const [by, expected] of [
      ['code', [...redeemed, 'get locator and suspicion', 'publish', 'publish']],
      ['link', [...redeemed, 'publish', 'publish']],
    ] as const) {
      const { code = '', uri } = await own.pairings.open(own.alice);
      tap.calls.length = 0;
      asked.length = 0;
      await own.redeem(by === 'code' ? code : proofOf(uri));
      expect(tap.calls.map(operation).sort(), by).to.deep.equal([...expected].sort());
      expect(asked, by).to.deep.equal(['findDevice', 'findAccount', 'listDevices', 'createDevice', 'findDevice']);
    }
    await own.pairings.close();
    await memory.close();
  });

  it('is read once for each step of an approval', async () => {
    await begin('always');
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    reads = [];
    const { deviceCode, matchNumber } = await rig.claim(code);
    expect(reads, 'claimed').to.have.length(1);
    await rig.pairings.approve(rig.alice, id, matchNumber);
    expect(reads, 'approved').to.have.length(2);
    await rig.pairings.collect({ deviceCode, clientId: 'app' });
    expect(reads, 'collected').to.have.length(3);
  });

  it('is read once for each decision on a device request', async () => {
    await begin('off');
    const device = { clientId: 'tv', deviceName: 'TV', address: '192.0.2.2' };
    const asked = await rig.pairings.authorize(device);
    await rig.pairings.approveRequest(rig.alice, asked.userCode);
    expect(reads).to.have.length(1);
    const other = await rig.pairings.authorize(device);
    await rig.pairings.denyRequest(rig.alice, other.userCode);
    expect(reads).to.have.length(2);
  });

  it('is read again after a concurrent change', async () => {
    await begin('off');
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    rig.around = async (verb, call) => {
      if (verb === 'listDevices') await rig.pairings.cancel(rig.alice, id);
      return call();
    };
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.deep.equal([]);
  });
});
