// P25: one customer of a provider has 256 or 65,536 networks of /64, and must not use up the limit of all users.
import { expect } from 'chai';
import { checkedLimits } from '../../src/pairing/limits.js';
import { codeOf, type PairingRig, pairingRig } from '../support/pairing-rig.js';

const limits = checkedLimits();

const stranger = '198.51.100.7';

describe('P25: one network', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  /** The address at an index in a /56 (256 networks of /64) or, beyond it, in a /48. */
  const at = (place: number) => `2001:db8:1:${place.toString(16)}::1`;
  const asked = (address: string) => rig.pairings.authorize({ clientId: 'tv', address }).then(() => 'codes', codeOf);
  const guessed = (address: string) => rig.outcome('AAAA-AAAA-AAAA', { address });
  const reached = () => rig.events.flatMap((event) => (event.type === 'throttle.reached' ? [event.limit] : []));

  it('of /56 does not block the device flow for others', async () => {
    const outcomes = [];
    for (let count = 0; count < limits.requestedGlobally; count += 1) outcomes.push(await asked(at(count % 256)));
    expect(outcomes.filter((outcome) => outcome === 'codes')).to.have.length(limits.requestedPerSubnet);
    expect(await asked(stranger)).to.equal('codes');
    expect(await asked('2001:db8:1:100::1'), 'the neighbor in the same /48').to.equal('codes');
    expect(reached()).to.deep.equal(['network']);
  });

  it('of /48 does not block it either', async () => {
    for (let count = 0; count < limits.requestedGlobally; count += 1) await asked(at(count * 16));
    expect(await asked(stranger)).to.equal('codes');
    expect(await asked('2001:db8:2::1'), 'the next /48').to.equal('codes');
    expect(reached()).not.to.include('global');
  });

  it('of /24 does not block it either', async () => {
    for (let count = 0; count < limits.requestedGlobally; count += 1) await asked(`192.0.2.${count % 256}`);
    expect(await asked(stranger)).to.equal('codes');
    expect(reached()).to.deep.equal(['network']);
  });

  for (const [name, address] of [
    ['/56', (count: number) => at(count % 256)],
    ['/48', (count: number) => at(count * 16)],
    ['/24', (count: number) => `192.0.2.${count % 256}`],
  ] as const) {
    it(`of ${name} does not force all users to approve typed codes`, async () => {
      // The network's and the global window begin at different times: two of the first overlap one of the second.
      await guessed(stranger);
      rig.clock.now += 1000 * (limits.windowSeconds - 2);
      for (let count = 0; count <= limits.global; count += 1) await guessed(address(count));
      rig.clock.now += 1000;
      for (let count = 0; count <= limits.global; count += 1) await guessed(address(count));
      expect(await rig.outcome((await rig.pairings.open(rig.alice)).code ?? '', { address: stranger })).to.equal(
        'token',
      );
      expect(reached()).not.to.include('global');
    });
  }

  it('can be one address for a class of 61 if the host allows it', async () => {
    await rig.close();
    rig = await pairingRig({ limits: { redemptionsPerAddress: 100 }, maximumDevices: 100 });
    const outcomes: string[] = [];
    for (let student = 0; student < 61; student += 1) {
      const { id, displayName } = await rig.directory.createUser({
        subject: `student-${student}`,
        authMethod: 'proxy',
        displayName: `Student ${student}`,
      });
      const { code = '' } = await rig.pairings.open({ userId: id, subject: `student-${student}` });
      outcomes.push(await rig.outcome(code, { address: stranger, deviceName: displayName ?? '' }));
    }
    expect(new Set(outcomes)).to.deep.equal(new Set(['token']));
  });
});
