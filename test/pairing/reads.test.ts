// How many reads of the pairing record each operation needs.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type PairingRig, pairingRig, proofOf, start } from '../support/pairing-rig.js';

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

  it('is read once for each step of an approval', async () => {
    await begin('always');
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    reads = [];
    const { deviceCode, matchNumber } = await rig.claim(code);
    expect(reads, 'claimed').to.have.length(1);
    await rig.pairings.approve(rig.alice.userId, id, matchNumber);
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
      if (verb === 'listDevices') await rig.pairings.cancel(rig.alice.userId, id);
      return call();
    };
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.deep.equal([]);
  });
});
