// P4: a used code is used again after Redis returned with older data, from its dump or after a failover.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { ApprovalPolicy } from '../../src/pairing/redeem.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { codeOf, type PairingRig, pairingRig, proofOf, start } from '../support/pairing-rig.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';

const mine = { redemptionId: 'the-first-one' };
const thiefs = { redemptionId: 'the-second-one', clientId: 'other', address: '198.51.100.7' };

describe('P4: a pairing in two halves of a split shared state', () => {
  it('becomes at most one device, and none if both halves redeem it at once', async () => {
    const rig = await pairingRig();
    const half = memoryState({ now: () => rig.clock.now });
    const { id, uri } = await rig.pairings.open(rig.alice);
    const [record = ''] = await rig.state.get([`pairing:${id}`]);
    await half.put(`pairing:${id}`, record, 600);
    const outcomes: string[] = [];
    rig.around = async (verb, call) => {
      if (verb === 'createDevice' && outcomes.length === 0) {
        rig.clock.now += 1;
        outcomes.push('begun');
        const other = rig.instance({ state: half });
        await other.redeem(proofOf(uri), { clientId: 'other', deviceName: 'Phone', address: '198.51.100.7' });
      }
      return call();
    };
    expect(await rig.outcome(proofOf(uri), mine)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.deep.equal([]);
    await rig.close();
    await half.close();
  });

  it('is not treated as forgotten if another redeemer is only faster', async () => {
    const rig = await pairingRig();
    const { code = '' } = await rig.pairings.open(rig.alice);
    let faster: Promise<string> | undefined;
    let slowest: () => void = () => undefined;
    const made = new Promise<void>((resolve) => {
      rig.around = async (verb, call) => {
        if (verb === 'findDevice' && faster === undefined) {
          // This redeemer has read an unused pairing. Before it looks for the device, another one creates it.
          faster = Promise.resolve().then(() => rig.outcome(code, mine));
          await made;
          return call();
        }
        const result = await call();
        if (verb === 'createDevice') {
          const over = new Promise<void>((done) => {
            slowest = done;
          });
          resolve();
          await over;
        }
        return result;
      };
    });
    expect(await rig.outcome(code, thiefs)).to.equal('ERR_GRANT_INVALID');
    slowest();
    expect(await faster).to.equal('token');
    expect(await rig.devices()).to.have.length(1);
    await rig.close();
  });

  it('gives the same app nothing after 60 s (device code)', async () => {
    const rig = await pairingRig();
    const { deviceCode, userCode } = await rig.pairings.authorize({ clientId: 'tv', address: '192.0.2.9' });
    await rig.pairings.approveRequest(rig.alice, userCode);
    const key = `pairing:${deviceCode.split('.')[0]}`;
    const [approved = ''] = await rig.state.get([key]);
    const poll = { deviceCode, clientId: 'tv' };
    const first = await rig.pairings.collect(poll);
    for (const [seconds, expected] of [
      [59, first.deviceId],
      [60, 'ERR_GRANT_INVALID'],
    ] as const) {
      await rig.state.put(key, approved, 600);
      rig.clock.now = start + seconds * 1000;
      expect(await rig.pairings.collect(poll).then(({ deviceId }) => deviceId, codeOf)).to.equal(expected);
    }
    expect(await rig.devices()).to.have.length(1);
    await rig.close();
  });
});

describe('P4: a used pairing that Redis shows as unused', () => {
  let server: RedisServer;
  let redis: Redis;
  let rig: PairingRig;

  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());
  beforeEach(async () => {
    redis = server.client();
    await redis.flushall();
    await begin();
  });
  afterEach(async () => {
    await rig.close();
    await rig.state.close();
    redis.disconnect();
  });

  const begin = async (approval: ApprovalPolicy = 'off', maximumDevices = 50): Promise<void> => {
    rig = await pairingRig({ state: redisState(redis), approval, maximumDevices });
    await until('Redis answers', () => rig.state.now().then(Boolean, () => false));
  };
  const again = async (approval: ApprovalPolicy, maximumDevices?: number): Promise<void> => {
    await rig.close();
    await rig.state.close();
    await begin(approval, maximumDevices);
  };
  /** Kills Redis, and starts it with the data that it saved last. */
  const rollBack = async (): Promise<void> => {
    await server.kill();
    await server.restart();
    await until('Redis is back', () => rig.state.now().then(Boolean, () => false));
  };
  const replays = () => rig.events.filter(({ type }) => type === 'pairing.replayed');
  const row = async (id: string) => (await rig.directory.findDevice(id))?.device;

  for (const way of ['QR link', 'typed code'] as const) {
    const opened = async () => {
      const { id, code = '', uri } = await rig.pairings.open(rig.alice);
      return { id, proof: way === 'QR link' ? proofOf(uri) : { code } };
    };

    it(`refuses the second redeemer, revokes the first one’s device and raises an event (${way})`, async () => {
      const { id, proof } = await opened();
      await redis.save();
      const { deviceId } = await rig.redeem(proof, mine);
      await rollBack();
      expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'open' });
      expect(await rig.outcome(proof, thiefs)).to.equal('ERR_GRANT_INVALID');
      expect(await rig.devices()).to.deep.equal([]);
      expect((await row(deviceId))?.revokedAt).to.be.an.instanceof(Date);
      expect(replays()).to.deep.equal([{ type: 'pairing.replayed', pairingId: id, ...rig.alice, deviceId }]);
      expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'burned' });
      expect(await rig.outcome(proof, thiefs)).to.equal('ERR_GRANT_INVALID');
      expect(replays()).to.have.length(1);
    });

    it(`stays used after its device was revoked (${way})`, async () => {
      const { proof } = await opened();
      await redis.save();
      const { deviceId } = await rig.redeem(proof, mine);
      await rig.directory.revokeDevices(rig.alice.userId, { only: deviceId }, new Date(rig.clock.now));
      await rollBack();
      expect(await rig.outcome(proof, mine)).to.equal('ERR_GRANT_INVALID');
      expect(await rig.devices()).to.deep.equal([]);
    });

    it(`does not ask for approval (${way})`, async () => {
      const { proof } = await opened();
      await redis.save();
      await rig.redeem(proof, mine);
      await rollBack();
      const strict = rig.instance({ approval: 'always' });
      const refused = await strict.redeem(proof, { ...thiefs, deviceName: 'Phone' }).catch(codeOf);
      expect(refused).to.equal('ERR_GRANT_INVALID');
      expect(await rig.devices()).to.deep.equal([]);
    });
  }

  it('revokes the device even if the owner has the maximum of devices or is refused', async () => {
    await again('off', 1);
    const { uri } = await rig.pairings.open(rig.alice);
    await redis.save();
    await rig.redeem(proofOf(uri), mine);
    await rig.directory.updateUser('alice', { disabled: true });
    await rollBack();
    expect(await rig.outcome(proofOf(uri), thiefs)).to.equal('ERR_GRANT_INVALID');
    await rig.directory.updateUser('alice', { disabled: false });
    expect(await rig.devices()).to.deep.equal([]);
  });

  it('accepts no second claim', async () => {
    await again('always');
    const { uri } = await rig.pairings.open(rig.alice);
    await redis.save();
    const { deviceCode, matchNumber } = await rig.claim(proofOf(uri), mine);
    await rig.pairings.approve(rig.alice, proofOf(uri).id, matchNumber);
    await rig.pairings.collect({ deviceCode, clientId: 'app' });
    await rollBack();
    expect(await rig.outcome(proofOf(uri), thiefs)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.deep.equal([]);
  });

  it('repeats a lost response to the same app for 60 s, without another device (device code)', async () => {
    const { deviceCode, userCode } = await rig.pairings.authorize({ clientId: 'tv', address: '192.0.2.9' });
    await rig.pairings.approveRequest(rig.alice, userCode);
    await redis.save();
    const first = await rig.pairings.collect({ deviceCode, clientId: 'tv' });
    await rollBack();
    const second = await rig.pairings.collect({ deviceCode, clientId: 'tv' });
    expect(second).to.deep.include({ accessToken: first.accessToken, deviceId: first.deviceId });
    expect(await rig.devices()).to.have.length(1);
    expect(rig.events.filter(({ type }) => type === 'device.paired')).to.have.length(1);
  });

  it('cannot be approved again by another user (device code)', async () => {
    const { deviceCode, userCode } = await rig.pairings.authorize({ clientId: 'tv', address: '192.0.2.9' });
    await redis.save();
    await rig.pairings.approveRequest(rig.alice, userCode);
    await rig.pairings.collect({ deviceCode, clientId: 'tv' });
    await rollBack();
    await rig.pairings.approveRequest(rig.bob, userCode);
    const refused = await rig.pairings.collect({ deviceCode, clientId: 'tv' }).catch(codeOf);
    expect(refused).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(1);
    expect(await rig.directory.listDevices(rig.bob.userId, new Date(rig.clock.now))).to.deep.equal([]);
  });

  it('still repeats the response to the same redemption if Redis remembers it', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    const first = await rig.redeem(code, mine);
    await redis.save();
    await rollBack();
    expect(await rig.redeem(code, mine)).to.deep.include({ accessToken: first.accessToken });
    expect(await rig.devices()).to.have.length(1);
    expect(replays()).to.deep.equal([]);
  });
});
