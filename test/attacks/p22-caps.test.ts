// P22: a client fills the memory with names, pairings and streams.
import { expect } from 'chai';
import { checkedLimits } from '../../src/pairing/limits.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { codeOf, pairingRig, start } from '../support/pairing-rig.js';
import { tapped } from '../support/tapped-state.js';

const limits = checkedLimits();

describe('P22: limits of pairings', () => {
  it('refuse members that are too long before anything is counted or stored', async () => {
    const tap = tapped(memoryState());
    const rig = await pairingRig({ state: tap.state, localNow: Date.now });
    const long = 'x'.repeat(1_000_000);
    for (const device of [{ deviceName: long }, { clientId: long }, { redemptionId: long }]) {
      expect(await rig.outcome('ZZZZ-0000-0000', device)).to.equal('ERR_BODY_INVALID');
    }
    expect(await rig.outcome(long)).to.equal('ERR_BODY_INVALID');
    expect(await rig.outcome({ id: long, secret: 'x' })).to.equal('ERR_BODY_INVALID');
    expect(await rig.outcome({ id: 'x', secret: long })).to.equal('ERR_BODY_INVALID');
    expect(tap.calls).to.have.length(0);
  });

  it('keep long values from clients out of keys', async () => {
    const tap = tapped(memoryState());
    const rig = await pairingRig({ state: tap.state, localNow: Date.now });
    await rig.outcome('x'.repeat(128), { address: 'y'.repeat(10_000) });
    await rig.outcome({ id: 'z'.repeat(128), secret: 'x' });
    for (const call of tap.calls) expect(JSON.stringify(call.arguments)).to.have.length.below(120);
  });

  it('limit the pairings that a user opens, including canceled ones', async () => {
    const rig = await pairingRig();
    for (let count = 0; count < limits.opened; count += 1) {
      const { id } = await rig.pairings.open(rig.alice);
      await rig.pairings.cancel(rig.alice, id);
    }
    expect(await rig.pairings.open(rig.alice).catch(codeOf)).to.equal('ERR_THROTTLED');
    expect(await rig.pairings.open(rig.bob)).to.include({ status: 'open' });
    rig.clock.now += limits.windowSeconds * 1000;
    expect(await rig.pairings.open(rig.alice)).to.include({ status: 'open' });
    await rig.close();
  });

  it('leave no data after 15 minutes', async () => {
    const clock = { now: start };
    const tap = tapped(memoryState({ now: () => clock.now }));
    const rig = await pairingRig({ state: tap.state });
    const { code = '' } = await rig.pairings.open(rig.alice);
    const { id } = await rig.pairings.open(rig.alice);
    await rig.outcome('ZZZZ-0000-0000');
    await rig.pairings.cancel(rig.alice, id);
    clock.now += 290_000;
    await rig.redeem((await rig.pairings.open(rig.alice)).code ?? '');
    await rig.outcome(code);
    const keys = new Set(
      tap.calls
        .filter(({ verb }) => /^(put|putIfAbsent|increment|compareAndSet)$/.test(verb))
        .map((call) => String(call.arguments[0])),
    );
    expect(keys.size).to.be.greaterThan(10);
    clock.now += 900_000;
    const values = await tap.state.get([...keys]);
    expect(values.filter((value) => value !== undefined)).to.deep.equal([]);
  });

  it('refuse a pairing if no locator is free, and store nothing', async () => {
    const tap = tapped(memoryState());
    const rig = await pairingRig({
      state: new Proxy(tap.state, {
        get(target, verb: keyof SharedState) {
          if (verb !== 'putIfAbsent') return target[verb];
          return async (key: string, value: string, seconds: number) =>
            !key.startsWith('pairing-locator:') && target.putIfAbsent(key, value, seconds);
        },
      }),
      localNow: Date.now,
    });
    expect(await rig.pairings.open(rig.alice).catch(codeOf)).to.equal('ERR_PAIRING_LIMIT');
    expect(tap.calls.map(({ verb }) => verb)).to.not.include('put');
  });
});
