// P5: the response is lost, and the retry must not look like a replay: the app sends the stored redemption id again.
import { expect } from 'chai';
import { parseLink } from '../../src/client/index.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import { type ClientServer, clientCode, startClientServer, testApp } from '../support/client-rig.js';

describe('P5: the client after a lost response', () => {
  let server: ClientServer;
  beforeEach(async () => {
    server = await startClientServer();
  });
  afterEach(() => server.stop());

  /** Loses the next response: the connection breaks as soon as the device is created. */
  function loseAnswer(): void {
    server.wire.muteAnswers();
    server.heard = ({ type }: LatchkeyEvent) => {
      if (type === 'device.paired') server.wire.cut();
    };
  }

  async function expectOneDevice(deviceId: string | undefined): Promise<void> {
    expect((await server.devices()).map(({ id }) => id)).to.deep.equal([deviceId]);
    const types = server.events.map(({ type }) => type);
    expect(types.filter((type) => type === 'device.paired')).to.have.length(1);
    expect(types).not.to.include('pairing.replayed');
  }

  for (const way of ['code', 'link'] as const) {
    it(`retries by itself, and gets the same device (${way})`, async () => {
      const { code, uri } = await server.pairing();
      const app = testApp();
      loseAnswer();
      app.waiting = () => server.wire.heal();
      await app.connection.redeem(way === 'code' ? { issuer: server.issuer, code } : parseLink(uri));
      expect(app.waits).to.deep.equal([1]);
      await expectOneDevice(app.connection.deviceId);
      expect((await app.connection.call('/api/library')).status).to.equal(200);
    });
  }

  it('retries after the app was killed, and gets the same device', async () => {
    const { code } = await server.pairing();
    loseAnswer();
    const killed = testApp({ retrySeconds: 0 });
    expect(await clientCode(killed.connection.redeem({ issuer: server.issuer, code }), code)).to.equal('ERR_NETWORK');
    server.wire.heal();
    const restarted = testApp({}, killed.stored);
    await restarted.connection.redeem({ issuer: server.issuer, code });
    await expectOneDevice(restarted.connection.deviceId);
  });

  it('causes a replay if it did not store the id', async () => {
    const { code } = await server.pairing();
    loseAnswer();
    expect(await clientCode(testApp({ retrySeconds: 0 }).connection.redeem({ issuer: server.issuer, code }))).to.equal(
      'ERR_NETWORK',
    );
    server.wire.heal();
    expect(await clientCode(testApp().connection.redeem({ issuer: server.issuer, code }))).to.equal('ERR_CODE_REFUSED');
    expect(server.events.map(({ type }) => type)).to.include('pairing.replayed');
    expect(await server.devices()).to.deep.equal([]);
  });
});
