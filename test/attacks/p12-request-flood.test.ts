// P12: an attacker floods the endpoint of the device flow. Limits refuse new requests, and never end waiting ones.
import { expect } from 'chai';
import { checkedLimits } from '../../src/pairing/limits.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Owner } from '../../src/vocabulary/types.js';
import { codeOf, type PairingRig, pairingRig, start } from '../support/pairing-rig.js';
import { onEachState, tapped } from '../support/tapped-state.js';

const limits = checkedLimits();

const flooder = '203.0.113.66';

/** An address for each index, each in its own IPv6 network of /48. */
const addressAt = (place: number): string => `2001:db8:${place.toString(16)}::1`;

describe('P12: the limits of the device flow', () => {
  const authorize = (rig: PairingRig, address: string) => rig.pairings.authorize({ clientId: 'television', address });
  const asked = (rig: PairingRig, address: string) => authorize(rig, address).then(() => 'codes', codeOf);
  const lookedUp = (rig: PairingRig, person: Owner, userCode: string) =>
    rig.pairings.lookUpRequest(person, userCode).then(({ status }) => status as string, codeOf);

  onEachState((openState) => {
    let rig: PairingRig;
    beforeEach(async () => {
      rig = await pairingRig({ state: openState(), localNow: Date.now });
    });

    it('allow one address exactly the limit of 100 parallel requests', async () => {
      const address = crypto.randomUUID();
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => asked(rig, address)));
      expect(outcomes.filter((outcome) => outcome === 'codes')).to.have.length(limits.requested);
      expect(outcomes.filter((outcome) => outcome === 'ERR_THROTTLED')).to.have.length(100 - limits.requested);
    });

    it('allow one user exactly the limit of 100 parallel user codes', async () => {
      const { userCode } = await authorize(rig, crypto.randomUUID());
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => lookedUp(rig, rig.alice, userCode)));
      expect(outcomes.filter((outcome) => outcome === 'open')).to.have.length(limits.verified);
      expect(outcomes.filter((outcome) => outcome === 'ERR_THROTTLED')).to.have.length(100 - limits.verified);
    });
  });

  it('refuse an address beyond its limit, accept others, and end no waiting request', async () => {
    const rig = await pairingRig();
    const waiting = [];
    for (let count = 0; count < limits.requested; count += 1) waiting.push(await authorize(rig, flooder));
    expect(await asked(rig, flooder)).to.equal('ERR_THROTTLED');
    expect(await asked(rig, `::ffff:${flooder}`), 'another spelling of it').to.equal('ERR_THROTTLED');
    expect(await asked(rig, '203.0.113.67')).to.equal('codes');
    for (const { userCode } of waiting) expect(await lookedUp(rig, rig.alice, userCode)).to.equal('open');
    expect(rig.events.filter(({ type }) => type === 'throttle.reached')).to.deep.equal([
      { type: 'throttle.reached', limit: 'address' },
    ]);
    rig.clock.now += limits.windowSeconds * 1000;
    expect(await asked(rig, flooder)).to.equal('codes');
    await rig.close();
  });

  it('count an IPv6 network as one address', async () => {
    const rig = await pairingRig();
    for (let count = 0; count < limits.requested; count += 1) await authorize(rig, `2001:db8::${count.toString(16)}`);
    expect(await asked(rig, '2001:db8::ffff')).to.equal('ERR_THROTTLED');
    expect(await asked(rig, '2001:db8:0:1::ffff')).to.equal('codes');
    await rig.close();
  });

  it('do not count an address’s refused requests against others', async () => {
    const rig = await pairingRig();
    for (let count = 0; count < limits.requestedGlobally + 50; count += 1) await asked(rig, flooder);
    expect(await asked(rig, '203.0.113.67')).to.equal('codes');
    await rig.close();
  });

  it('limit the requests of all addresses, and end no waiting request', async () => {
    const rig = await pairingRig();
    const first = await authorize(rig, addressAt(0));
    for (let count = 1; count < limits.requestedGlobally; count += 1) {
      await authorize(rig, addressAt(count));
    }
    expect(await asked(rig, '198.51.100.1')).to.equal('ERR_THROTTLED');
    expect(await lookedUp(rig, rig.alice, first.userCode)).to.equal('open');
    await rig.pairings.approveRequest(rig.alice, first.userCode);
    const poll = { deviceCode: first.deviceCode, clientId: 'television' };
    expect(await rig.pairings.collect(poll)).to.have.property('accessToken');
    expect(rig.events.filter(({ type }) => type === 'throttle.reached')).to.deep.equal([
      { type: 'throttle.reached', limit: 'global' },
    ]);
    rig.clock.now += limits.windowSeconds * 1000;
    expect(await asked(rig, '198.51.100.1')).to.equal('codes');
    await rig.close();
  });

  it('store nothing for a refused request', async () => {
    const tap = tapped(memoryState());
    const rig = await pairingRig({ state: tap.state, localNow: Date.now });
    for (let count = 0; count < limits.requested; count += 1) await authorize(rig, flooder);
    tap.calls.length = 0;
    expect(await asked(rig, flooder)).to.equal('ERR_THROTTLED');
    expect(tap.calls.map(({ verb }) => verb)).to.have.members(['now', 'increment']);
  });

  it('limit the user codes that one user tries, right or wrong, with any action', async () => {
    const rig = await pairingRig();
    const { userCode } = await authorize(rig, flooder);
    const actions = [rig.pairings.lookUpRequest, rig.pairings.approveRequest, rig.pairings.denyRequest];
    for (let count = 0; count < limits.verified; count += 1) {
      const act = actions[count % actions.length] ?? rig.pairings.lookUpRequest;
      expect(await act(rig.alice, 'no code at all').catch(codeOf)).to.equal('ERR_USER_CODE');
    }
    for (const act of actions) expect(await act(rig.alice, userCode).catch(codeOf)).to.equal('ERR_THROTTLED');
    expect(await lookedUp(rig, rig.bob, userCode), 'and nobody else').to.equal('open');
    rig.clock.now += limits.windowSeconds * 1000;
    expect(await lookedUp(rig, rig.alice, (await authorize(rig, flooder)).userCode)).to.equal('open');
    await rig.close();
  });

  it('give an unknown, an expired and a decided code the same answer, after the same work', async () => {
    const clock = { now: start };
    const tap = tapped(memoryState({ now: () => clock.now }));
    const rig = await pairingRig({ state: tap.state });
    const expired = await authorize(rig, flooder);
    clock.now += expired.expiresIn * 1000;
    const denied = await authorize(rig, flooder);
    await rig.pairings.denyRequest(rig.bob, denied.userCode);
    const approved = await authorize(rig, flooder);
    await rig.pairings.approveRequest(rig.bob, approved.userCode);
    const redeemed = await authorize(rig, flooder);
    await rig.pairings.approveRequest(rig.bob, redeemed.userCode);
    await rig.pairings.collect({ deviceCode: redeemed.deviceCode, clientId: 'television' });

    const answers = [];
    for (const act of [rig.pairings.lookUpRequest, rig.pairings.approveRequest, rig.pairings.denyRequest]) {
      for (const { userCode } of [{ userCode: 'BBBB-BBBB' }, denied, approved, redeemed, expired]) {
        tap.calls.length = 0;
        rig.derived.length = 0;
        const error: unknown = await act(rig.alice, userCode).catch((thrown: unknown) => thrown);
        if (!(error instanceof LatchkeyError)) throw new Error('was accepted');
        const { code, status, title, message, oauthCode, expose, retryAfterSeconds, cause } = error;
        answers.push({
          ...{ code, status, title, message, oauthCode, expose, retryAfterSeconds, cause },
          members: Object.keys(error).sort(),
          state: tap.calls.map(({ verb }) => verb),
          derived: rig.derived.length,
        });
      }
    }
    expect(answers[0]).to.include({ code: 'ERR_USER_CODE' });
    for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
  });
});
