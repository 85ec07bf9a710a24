// The device flow, from the app's request to its token.
import { expect } from 'chai';
import { pairingSecret } from '../../src/pairing/secrets.js';
import type { PairingView } from '../../src/pairing/view.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import type { Owner } from '../../src/vocabulary/types.js';
import { codeOf, type PairingRig, pairingRig, ringKey, start, wrongCode } from '../support/pairing-rig.js';

const app = { clientId: 'television', deviceName: 'Living room', address: '192.0.2.1' };

describe('device flow', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  const poll = (deviceCode: string, clientId = 'television') => rig.pairings.collect({ deviceCode, clientId });
  const outcome = (deviceCode: string, clientId?: string) => poll(deviceCode, clientId).then(() => 'token', codeOf);

  async function approved() {
    const { userCode, deviceCode } = await rig.pairings.authorize(app);
    const { id } = await rig.pairings.approveRequest(rig.alice, userCode);
    return { id, deviceCode };
  }

  it('returns a device code for the app and a user code for the user', async () => {
    const given = await rig.pairings.authorize(app);
    expect(given).to.include({ expiresIn: 600, interval: 5 });
    expect(given.userCode).to.match(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    const other = await rig.pairings.authorize(app);
    expect([other.userCode, other.deviceCode]).to.not.include.oneOf([given.userCode, given.deviceCode]);
    expect(rig.events[0]).to.include({ type: 'pairing.requested', clientId: 'television' });
  });

  it('creates a device of the approving user and its token', async () => {
    const { userCode, deviceCode } = await rig.pairings.authorize({ ...app, platform: 'tvOS 19', appVersion: '4.2' });
    expect(await outcome(deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
    await rig.pairings.approveRequest(rig.alice, userCode);
    rig.clock.now += 3000;
    const { accessToken, deviceId, account } = await poll(deviceCode);
    expect(account).to.deep.equal({ subject: 'alice', displayName: 'The alice' });
    expect(rig.tokens.verify(accessToken)).to.include({ deviceId, subject: 'alice' });
    const [device, ...others] = await rig.devices();
    expect(others).to.deep.equal([]);
    expect(device).to.deep.include({
      id: deviceId,
      name: 'Living room',
      clientId: 'television',
      platform: 'tvOS 19',
      appVersion: '4.2',
      pairedBy: 'user-code',
      lastAddress: '192.0.2.1',
      createdAt: new Date(start + 3000),
    });
    expect(rig.events.map(({ type }) => type)).to.deep.equal([
      'pairing.requested',
      'pairing.approved',
      'device.paired',
    ]);
  });

  it('names the device after the client id if the app sends no name', async () => {
    const { userCode } = await rig.pairings.authorize({ clientId: 'television', address: '192.0.2.1' });
    const { claim } = await rig.pairings.lookUpRequest(rig.alice, userCode);
    expect(claim).to.include({ deviceName: 'television' });
  });

  it('shows the request at each look-up and changes nothing', async () => {
    const { userCode, deviceCode } = await rig.pairings.authorize(app);
    rig.clock.now += 9999;
    for (const person of [rig.alice, rig.bob]) {
      expect(await rig.pairings.lookUpRequest(person, userCode)).to.deep.include({
        status: 'open',
        expiresIn: 591,
        claim: { deviceName: 'Living room', clientId: 'television', address: '192.0.2.1', age: 9 },
      });
    }
    expect(await outcome(deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
    expect(await rig.devices()).to.have.length(0);
  });

  for (const [manner, spell] of Object.entries({
    'in lower case': (code: string) => code.toLowerCase(),
    'without the hyphen': (code: string) => code.replace('-', ''),
    'with a dash and spaces': (code: string) => ` ${code.replace('-', ' – ')}\t`,
    'with a dot after each letter': (code: string) => [...code].join('.'),
    'in full-width letters': (code: string) =>
      code.replace(/[A-Z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
  })) {
    it(`accepts the user code ${manner}`, async () => {
      const { userCode } = await rig.pairings.authorize(app);
      expect(await rig.pairings.lookUpRequest(rig.alice, spell(userCode))).to.include({ status: 'open' });
    });
  }

  it('refuses a user code that is shorter, longer or wrong', async () => {
    const { userCode } = await rig.pairings.authorize(app);
    const other = `${userCode.slice(0, -1)}${userCode.endsWith('B') ? 'C' : 'B'}`;
    for (const code of ['', userCode.slice(1), `${userCode}B`, other, `${userCode}${' '.repeat(64)}`]) {
      expect(await rig.pairings.approveRequest(rig.alice, code).catch(codeOf), code).to.equal('ERR_USER_CODE');
    }
  });

  it('refuses another client and another device code', async () => {
    const { deviceCode } = await approved();
    const other = await rig.pairings.authorize(app);
    const [id = '', proof = ''] = deviceCode.split('.');
    const [otherId = '', otherProof = ''] = other.deviceCode.split('.');
    expect(await outcome(deviceCode, 'radio')).to.equal('ERR_GRANT_INVALID');
    for (const wrong of [`${id}.${otherProof}`, `${otherId}.${proof}`, id, `${deviceCode}x`, '', '__proto__']) {
      expect(await outcome(wrong), wrong).to.equal('ERR_GRANT_INVALID');
    }
    expect(await rig.devices()).to.have.length(0);
    expect(await outcome(deviceCode)).to.equal('token');
  });

  it('reports a denial and a canceled approval to the app', async () => {
    const { userCode, deviceCode } = await rig.pairings.authorize(app);
    expect(await rig.pairings.denyRequest(rig.alice, userCode)).to.include({ status: 'denied' });
    expect(await outcome(deviceCode)).to.equal('ERR_ACCESS_DENIED');
    const cancelled = await approved();
    await rig.pairings.cancel(rig.alice, cancelled.id);
    expect(await outcome(cancelled.deviceCode)).to.equal('ERR_ACCESS_DENIED');
    expect(await rig.devices()).to.have.length(0);
  });

  it('reports an expired request to the app and refuses its approval', async () => {
    const { userCode, deviceCode } = await rig.pairings.authorize(app);
    rig.clock.now = start + 599_999;
    expect(await outcome(deviceCode)).to.equal('ERR_AUTHORIZATION_PENDING');
    rig.clock.now = start + 600_000;
    expect(await outcome(deviceCode)).to.equal('ERR_DEVICE_CODE_EXPIRED');
    expect(await rig.pairings.approveRequest(rig.alice, userCode).catch(codeOf)).to.equal('ERR_USER_CODE');
  });

  it('gives the app one minute to collect after an approval at the last moment', async () => {
    const inTime = await rig.pairings.authorize(app);
    const late = await rig.pairings.authorize(app);
    rig.clock.now = start + 599_000;
    for (const { userCode } of [inTime, late]) await rig.pairings.approveRequest(rig.alice, userCode);
    rig.clock.now += 59_999;
    expect(await outcome(inTime.deviceCode)).to.equal('token');
    rig.clock.now += 1;
    expect(await outcome(late.deviceCode)).to.equal('ERR_DEVICE_CODE_EXPIRED');
  });

  it('repeats a lost answer for 60 s, with the same device', async () => {
    const { deviceCode } = await approved();
    const first = await poll(deviceCode);
    rig.clock.now += 59_999;
    const again = await poll(deviceCode);
    expect(again).to.deep.include({ deviceId: first.deviceId, accessToken: first.accessToken });
    rig.clock.now += 1;
    expect(await outcome(deviceCode)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(1);
    expect(rig.events.filter(({ type }) => type === 'device.paired')).to.have.length(1);
  });

  it('does not repeat the answer after the device was revoked', async () => {
    const { deviceCode } = await approved();
    const { deviceId } = await poll(deviceCode);
    await rig.directory.revokeDevices(rig.alice.userId, { only: deviceId }, new Date(rig.clock.now));
    expect(await outcome(deviceCode)).to.equal('ERR_GRANT_INVALID');
  });

  for (const verb of ['findAccount', 'listDevices', 'createDevice'] as const) {
    it(`lets the app poll again if the directory fails at ${verb}`, async () => {
      const { deviceCode } = await approved();
      rig.broken.add(verb);
      expect(await outcome(deviceCode)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      expect(await rig.devices()).to.have.length(0);
      rig.broken.delete(verb);
      expect(await outcome(deviceCode)).to.equal('token');
      expect(await rig.devices()).to.have.length(1);
    });
  }

  it('works once the owner has revoked a device at the limit', async () => {
    const small = await pairingRig({ maximumDevices: 1 });
    const [first, second] = [await small.pairings.authorize(app), await small.pairings.authorize(app)];
    for (const { userCode } of [first, second]) await small.pairings.approveRequest(small.alice, userCode);
    const { deviceId } = await small.pairings.collect({ ...first, clientId: 'television' });
    const late = () => small.pairings.collect({ ...second, clientId: 'television' }).then(() => 'token', codeOf);
    expect(await late()).to.equal('ERR_DEVICE_LIMIT');
    await small.directory.revokeDevices(small.alice.userId, { only: deviceId }, new Date(small.clock.now));
    expect(await late()).to.equal('token');
    await small.close();
  });

  it('refuses a token if the owner was disabled after the approval', async () => {
    const { deviceCode } = await approved();
    await rig.directory.updateUser('alice', { disabled: true });
    expect(await outcome(deviceCode)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('belongs to the approver after the approval and to no user before', async () => {
    const { userCode, deviceCode } = await rig.pairings.authorize(app);
    const [id = ''] = deviceCode.split('.');
    const seen = (owner: Owner) => rig.pairings.view(owner, id).then(({ status }) => status as string, codeOf);
    expect([await seen(rig.alice), await seen({ userId: '', subject: '' })]).to.deep.equal([
      'ERR_PAIRING_UNKNOWN',
      'ERR_PAIRING_UNKNOWN',
    ]);
    await rig.pairings.approveRequest(rig.alice, userCode);
    expect([await seen(rig.alice), await seen(rig.bob)]).to.deep.equal(['approved', 'ERR_PAIRING_UNKNOWN']);
    const views: (PairingView | undefined)[] = [];
    await rig.pairings.watch(rig.alice, id, (view) => views.push(view));
    const redeemed = new Promise<void>((resolve) => {
      void rig.pairings.watch(rig.alice, id, (view) => view?.status === 'redeemed' && resolve());
    });
    const { deviceId } = await poll(deviceCode);
    await redeemed;
    expect(views.map((view) => view?.status)).to.deep.equal(['approved', 'redeemed']);
    expect(views.at(-1)).to.deep.include({ device: { id: deviceId, name: 'Living room' } });
  });

  it('does not accept its codes in the browser flow, or the browser flow’s code here', async () => {
    const { userCode, deviceCode } = await rig.pairings.authorize(app);
    const [id = '', proof = ''] = deviceCode.split('.');
    const secret = pairingSecret(keyRing([ringKey]), { id, kid: ringKey.kid }, 'qr')?.toString('base64url') ?? '';
    for (const tried of [proof, secret]) {
      expect(await rig.outcome({ id, secret: tried })).to.equal('ERR_GRANT_INVALID');
    }
    expect(await rig.outcome(userCode)).to.equal('ERR_GRANT_INVALID');
    const { code = '' } = await rig.pairings.open(rig.alice);
    for (const typed of [code, wrongCode(code)]) {
      expect(await rig.pairings.approveRequest(rig.bob, typed).catch(codeOf)).to.equal('ERR_USER_CODE');
    }
    expect(await rig.pairings.lookUpRequest(rig.alice, userCode)).to.include({ status: 'open' });
  });
});
