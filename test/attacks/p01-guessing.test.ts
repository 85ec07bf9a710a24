// P1: an attacker guesses codes across many open pairings.
import { expect } from 'chai';
import { checkedLimits } from '../../src/pairing/limits.js';
import { type PairingRig, pairingRig, proofOf, wrongCode } from '../support/pairing-rig.js';

const limits = checkedLimits();

const fromAnywhere = (count: number) => ({ address: `198.51.${count >> 8}.${count & 255}` });

describe('P1: guessing', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  it('burns a pairing after five wrong tries from any number of addresses', async () => {
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    for (let guess = 0; guess < 5; guess += 1) {
      expect(await rig.outcome(wrongCode(code, guess), fromAnywhere(guess))).to.equal('ERR_GRANT_INVALID');
    }
    expect(await rig.pairings.view(rig.alice, id)).to.deep.equal({ id, status: 'burned', expiresIn: 0 });
    expect(await rig.outcome(code, fromAnywhere(9))).to.equal('ERR_GRANT_INVALID');
    expect(rig.events.filter(({ type }) => type === 'pairing.burned')).to.deep.equal([
      { type: 'pairing.burned', pairingId: id, ...rig.alice },
    ]);
  });

  it('still accepts the right code at the fifth try', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    for (let guess = 0; guess < 4; guess += 1) await rig.outcome(wrongCode(code, guess));
    expect(await rig.outcome(code)).to.equal('token');
  });

  it('counts tries by code and by QR secret together', async () => {
    const { id, code = '', uri } = await rig.pairings.open(rig.alice);
    for (let guess = 0; guess < 5; guess += 1) {
      await rig.outcome(guess % 2 ? wrongCode(code, guess) : { id, secret: `guess-${guess}` });
    }
    expect(await rig.outcome(proofOf(uri))).to.equal('ERR_GRANT_INVALID');
  });

  it('counts the tries of each pairing separately', async () => {
    const first = await rig.pairings.open(rig.alice);
    const second = await rig.pairings.open(rig.bob);
    for (let guess = 0; guess < 6; guess += 1) await rig.outcome(wrongCode(first.code, guess));
    expect(await rig.outcome(second.code ?? '')).to.equal('token');
  });

  it('needs the locator and the secret of the same pairing', async () => {
    const [first = '', second = ''] = [
      (await rig.pairings.open(rig.alice)).code,
      (await rig.pairings.open(rig.bob)).code,
    ];
    expect(await rig.outcome(first.slice(0, 4) + second.slice(4))).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome(second.slice(0, 4) + first.slice(4))).to.equal('ERR_GRANT_INVALID');
  });

  it('throttles an address after its limit, whatever it tries, and reports it once', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    const address = '203.0.113.9';
    for (let count = 0; count < limits.address; count += 1) {
      expect(await rig.outcome(`ZZZZ-0000-${String(count).padStart(4, '0')}`, { address })).to.equal(
        'ERR_GRANT_INVALID',
      );
    }
    expect(await rig.outcome(code, { address })).to.equal('ERR_THROTTLED');
    expect(await rig.outcome({ id: 'x', secret: 'x' }, { address })).to.equal('ERR_THROTTLED');
    expect(rig.events.filter(({ type }) => type === 'throttle.reached')).to.deep.equal([
      { type: 'throttle.reached', limit: 'address' },
    ]);
    expect(await rig.outcome(code, { address: '203.0.113.10' })).to.equal('token');
  });

  it('counts an IPv6 network as one address', async () => {
    for (let count = 0; count < limits.address; count += 1) {
      await rig.outcome('ZZZZ-0000-0000', { address: `2001:db8:1:2::${count.toString(16)}` });
    }
    expect(await rig.outcome('ZZZZ-0000-0000', { address: '2001:db8:1:2:ffff::' })).to.equal('ERR_THROTTLED');
    expect(await rig.outcome('ZZZZ-0000-0000', { address: '2001:db8:1:3::1' })).to.equal('ERR_GRANT_INVALID');
  });

  it('accepts the address again in the next window', async () => {
    for (let count = 0; count <= limits.address; count += 1) await rig.outcome('ZZZZ-0000-0000');
    rig.clock.now += (limits.windowSeconds + 1) * 1000;
    const { code = '' } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(code)).to.equal('token');
  });

  it('limits the tries at all pairings of a user, then opens no new one', async () => {
    let wrong = 0;
    for (let round = 0; round < limits.user / 5; round += 1) {
      const { code } = await rig.pairings.open(rig.alice);
      for (let guess = 0; guess < 5; guess += 1, wrong += 1)
        await rig.outcome(wrongCode(code, guess), fromAnywhere(wrong));
    }
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(code, fromAnywhere(wrong)), 'not told apart from a wrong code').to.equal(
      'ERR_GRANT_INVALID',
    );
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'burned' });
    const refusal = await rig.pairings.open(rig.alice).catch((error: unknown) => error);
    expect(refusal).to.include({ code: 'ERR_THROTTLED', status: 429, retryAfterSeconds: limits.windowSeconds });
    expect(rig.events.at(-2)).to.deep.equal({ type: 'throttle.reached', limit: 'user', ...rig.alice });
    expect(await rig.pairings.open(rig.bob)).to.include({ status: 'open' });
  });

  it('requires approval for typed codes, but not for QR secrets, beyond the global limit', async () => {
    for (let count = 0; count <= limits.global; count += 1) await rig.outcome('ZZZZ-0000-0000', fromAnywhere(count));
    const { uri } = await rig.pairings.open(rig.alice);
    expect(rig.events.filter(({ type }) => type === 'throttle.reached')).to.deep.equal([
      { type: 'throttle.reached', limit: 'global' },
    ]);
    expect(await rig.outcome(proofOf(uri))).to.equal('token');
    const { id, code: typed = '' } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(typed)).to.equal('waiting');
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'claimed', triesLeft: 3 });
    expect(await rig.devices()).to.have.length(1);
  });
});
