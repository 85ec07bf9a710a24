// P21: Redis or the database is unavailable, and apps treat that as a refusal and log out.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { pairingRig, proofOf } from '../support/pairing-rig.js';
import { tapped } from '../support/tapped-state.js';

const device = { clientId: 'app', deviceName: 'Phone', address: '192.0.2.1' };

function shape(error: unknown) {
  if (!(error instanceof LatchkeyError)) throw new Error('was accepted');
  const { code, status, oauthCode, retryAfterSeconds } = error;
  return { code, status, oauthCode, retryAfterSeconds };
}

const stateDown = {
  code: 'ERR_STATE_UNAVAILABLE',
  status: 503,
  oauthCode: 'temporarily_unavailable',
  retryAfterSeconds: 2,
};
const directoryDown = { ...stateDown, code: 'ERR_DIRECTORY_UNAVAILABLE' };

describe('P21: an unavailable dependency', () => {
  it('causes 503 if it is the shared state, and pairing works afterwards', async () => {
    const tap = tapped(memoryState());
    const rig = await pairingRig({ state: tap.state, localNow: Date.now });
    const { alice, pairings } = rig;
    const { id, code = '', uri } = await pairings.open(alice);
    tap.mishap = () => 'fails';
    for (const call of [
      () => pairings.open(alice),
      () => pairings.view(alice, id),
      () => pairings.cancel(alice, id),
      () => pairings.qr(alice, id),
      () => pairings.watch(alice, id, () => undefined),
      () => pairings.redeem({ code }, device),
      () => pairings.redeem({ code: 'ZZZZ-0000-0000' }, device),
      () => pairings.redeem(proofOf(uri), device),
    ]) {
      expect(shape(await call().catch((error: unknown) => error))).to.deep.equal(stateDown);
    }
    tap.mishap = () => 'none';
    expect(await pairings.view(alice, id)).to.include({ status: 'open' });
    expect(await rig.outcome(code)).to.equal('token');
  });

  for (const verb of ['findAccount', 'createDevice'] as const) {
    it(`causes 503 while the directory cannot ${verb}, and pairing works afterwards`, async () => {
      const rig = await pairingRig();
      const { code = '' } = await rig.pairings.open(rig.alice);
      rig.broken.add(verb);
      const asked = { ...device, redemptionId: 'a-redemption-id' };
      const refusal = await rig.redeem(code, asked).catch((error: unknown) => error);
      expect(shape(refusal)).to.deep.equal(directoryDown);
      rig.broken.clear();
      expect(await rig.outcome(code, asked)).to.equal('token');
      expect(await rig.devices()).to.have.length(1);
      expect(rig.events.filter(({ type }) => type === 'device.paired')).to.have.length(1);
      await rig.close();
    });
  }

  it('does not affect the verification of tokens', async () => {
    const tap = tapped(memoryState());
    const rig = await pairingRig({ state: tap.state, localNow: Date.now });
    const { code = '' } = await rig.pairings.open(rig.alice);
    const { accessToken } = await rig.redeem(code);
    tap.mishap = () => 'fails';
    expect(rig.tokens.verify(accessToken)).to.include({ subject: 'alice' });
  });
});
