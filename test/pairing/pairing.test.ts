// test/pairing: the state machine, all of it: every state and every event.
import { expect } from 'chai';
import { decide, type PairedDevice, type Pairing, type PairingEvent, statusAt } from '../../src/pairing/pairing.js';

const opened = 1_000_000;
const open: Pairing = {
  id: 'p',
  userId: 'u',
  subject: 'alice',
  kid: 'k',
  locator: 'AB12',
  openedAt: opened,
  expiresAt: opened + 300_000,
  state: 'open',
};
const first: PairedDevice = { id: 'd1', name: 'Phone', clientId: 'app', pairedBy: 'code', redemptionHash: 'h1' };
const second: PairedDevice = { ...first, id: 'd2', redemptionHash: 'h2' };
const { redemptionHash: _, ...anonymous } = first;
const redeemedAt = opened + 10_000;
const redeemed: Pairing = { ...open, state: 'redeemed', device: first, redeemedAt };
const issued: Pairing = { ...redeemed, issued: true };
const replayed: Pairing = { ...issued, state: 'burned', replayed: true };
const burned: Pairing = { ...open, state: 'burned' };
const cancelled: Pairing = { ...open, state: 'cancelled' };

const redeem = (device: PairedDevice): PairingEvent => ({ type: 'redeem', device });
const exhaust: PairingEvent = { type: 'exhaust' };
const cancel: PairingEvent = { type: 'cancel' };
const refused = { outcome: 'refused' };
const soon = redeemedAt + 1;

describe('pairing', () => {
  it('is open until its time is over', () => {
    expect(statusAt(open, open.expiresAt - 1)).to.equal('open');
    expect(statusAt(open, open.expiresAt)).to.equal('expired');
    expect(statusAt(redeemed, open.expiresAt)).to.equal('redeemed');
  });

  it('moves from open by each event', () => {
    expect(decide(open, redeem(first), redeemedAt)).to.deep.equal({ outcome: 'moved', pairing: redeemed });
    expect(decide(open, exhaust, soon)).to.deep.equal({ outcome: 'moved', pairing: burned });
    expect(decide(open, cancel, soon)).to.deep.equal({ outcome: 'moved', pairing: cancelled });
  });

  it('is refused once expired, burned or cancelled', () => {
    for (const event of [redeem(first), exhaust, cancel]) {
      expect(decide(open, event, open.expiresAt), `expired, ${event.type}`).to.deep.equal(refused);
      expect(decide(burned, event, soon), `burned, ${event.type}`).to.deep.equal(refused);
      expect(decide(cancelled, event, soon), `cancelled, ${event.type}`).to.deep.equal(refused);
    }
  });

  it('cannot be cancelled or exhausted once redeemed or replayed', () => {
    for (const pairing of [redeemed, replayed]) {
      expect(decide(pairing, exhaust, soon)).to.deep.equal(refused);
      expect(decide(pairing, cancel, soon)).to.deep.equal(refused);
    }
  });

  it('answers the same redemption again for 60 s, with the first device', () => {
    const again = { outcome: 'again', pairing: redeemed };
    expect(decide(redeemed, redeem({ ...second, redemptionHash: 'h1' }), soon)).to.deep.equal(again);
    expect(decide(redeemed, redeem(first), redeemedAt + 59_999)).to.deep.equal(again);
    expect(decide(redeemed, redeem(first), redeemedAt + 60_000)).to.deep.equal(refused);
    expect(decide(redeemed, redeem(first), open.expiresAt + 1), 'after its time').to.deep.equal(refused);
  });

  it('is issued once, and only to its own device', () => {
    const issue: PairingEvent = { type: 'issue', deviceId: 'd1' };
    expect(decide(redeemed, issue, soon)).to.deep.equal({ outcome: 'moved', pairing: issued });
    expect(decide(issued, issue, soon)).to.deep.equal({ outcome: 'again', pairing: issued });
    expect(decide(redeemed, { type: 'issue', deviceId: 'd2' }, soon)).to.deep.equal(refused);
    for (const pairing of [open, burned, cancelled, replayed]) {
      expect(decide(pairing, issue, soon), pairing.state).to.deep.equal(refused);
    }
  });

  it('lets those who race for the first token lose, and takes nothing back', () => {
    for (const device of [second, anonymous]) expect(decide(redeemed, redeem(device), soon)).to.deep.equal(refused);
  });

  it('is burned by a second redemption once a token may be out, at any time', () => {
    for (const device of [second, anonymous]) {
      expect(decide(issued, redeem(device), soon)).to.deep.equal({ outcome: 'moved', pairing: replayed });
      expect(decide(issued, redeem(device), open.expiresAt + 1)).to.deep.equal({
        outcome: 'moved',
        pairing: replayed,
      });
    }
  });

  it('takes two redemptions without id for two redemptions', () => {
    const pairing: Pairing = { ...issued, device: anonymous };
    expect(decide(pairing, redeem(anonymous), soon)).to.deep.include({ outcome: 'moved' });
  });

  it('stays replayed for every further redemption, the first one’s included', () => {
    for (const device of [first, second, anonymous]) {
      expect(decide(replayed, redeem(device), soon)).to.deep.equal({ outcome: 'replayed', pairing: replayed });
    }
  });
});
