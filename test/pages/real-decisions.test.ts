// Approves and denies by keyboard alone, with the real API and the client module as the app.

import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type ClientError, type Connection, connection } from '../../src/client/index.js';
import type { DeviceAuthorizationResponse } from '../../src/vocabulary/wire/token-json.js';
import { type Chromium, type ObservedPage, startChromium } from '../support/chromium.js';
import { type RealHost, startRealHost } from './real-host.js';
import { tabTo, untilHeading } from './visit.js';

describe('decisions with the real API, by keyboard alone', function () {
  this.timeout(60_000);
  let chromium: Chromium;
  let host: RealHost;
  let observed: ObservedPage;
  let page: Page;

  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.stop());

  beforeEach(async () => {
    host = await startRealHost({ approval: 'always' });
    observed = await chromium.open({
      locale: 'en-US',
      extraHTTPHeaders: { 'Remote-User': 'ada', 'Remote-Name': 'Ada Lovelace' },
    });
    page = observed.page;
  });

  afterEach(async () => {
    await observed.context.close();
    await host.stop();
  });

  function app(): Connection {
    const kept = new Map<string, string>();
    return connection({
      clientId: 'koel-player',
      deviceName: 'Pixel 9',
      appVersion: '2.3.1',
      platform: 'Android 16',
      storage: {
        get: async (key) => kept.get(key),
        set: async (key, value) => kept.set(key, value),
        delete: async (key) => kept.delete(key),
      },
    });
  }

  /** Opens a code by keyboard, has the app claim it, and waits for the question. */
  async function claim(phone: Connection): Promise<{ number: string; done: Promise<unknown> }> {
    await page.goto(`${host.origin}/deep/auth/quick-connect`);
    await untilHeading(page, 'How it works');
    await page.locator('#panel-idle [data-connect]').focus();
    await page.keyboard.press('Enter');
    await page.locator('#panel-open').waitFor();
    const code = (await page.locator('.code-groups').textContent()) ?? '';
    let done: Promise<unknown> = Promise.resolve();
    const number = await new Promise<string>((resolve, reject) => {
      done = phone.redeem(
        { issuer: `${host.origin}/api/auth`, code },
        { onApproval: ({ matchNumber = '' }) => resolve(matchNumber) },
      );
      done.catch(reject);
    });
    await page.locator('#panel-claimed').waitFor();
    return { number, done };
  }

  it('approves the device with the number that the app shows', async () => {
    const phone = app();
    const { number, done } = await claim(phone);
    const said = await page.locator('#panel-claimed dd').allTextContents();
    expect(said.slice(0, 3)).to.deep.equal(['Pixel 9', 'koel-player 2.3.1', 'Android 16']);
    await tabTo(page, 'match-number');
    await page.keyboard.type(number);
    await page.keyboard.press('Enter');
    expect(await done).to.deep.equal({ subject: 'ada', displayName: 'Ada Lovelace' });
    await untilHeading(page, 'Connected: Pixel 9');
    expect((await host.auth.devices.list({ subject: 'ada' })).map(({ name }) => name)).to.deep.equal(['Pixel 9']);
    expect(observed.complaints).to.deep.equal([]);
  });

  it('denies the device', async () => {
    const { done } = await claim(app());
    const refused = done.catch((error: ClientError) => error.code);
    await tabTo(page, 'deny');
    await page.keyboard.press('Enter');
    await untilHeading(page, 'Denied');
    expect(await refused).to.equal('ERR_DENIED');
    expect(await host.auth.devices.list({ subject: 'ada' })).to.deep.equal([]);
    expect(observed.complaints).to.deep.equal([]);
  });

  it('refuses the device after three wrong numbers', async () => {
    const { number, done } = await claim(app());
    const refused = done.catch((error: ClientError) => error.code);
    const wrong = number === '10' ? '11' : '10';
    for (const left of ['2 tries left', 'One try left']) {
      await page.locator('#match-number').fill(wrong);
      await page.keyboard.press('Enter');
      await page.locator('#match-trouble', { hasText: left }).waitFor();
    }
    await page.locator('#match-number').fill(wrong);
    await page.keyboard.press('Enter');
    await page.locator('#panel-claimed').waitFor({ state: 'hidden' });
    expect(await refused).to.equal('ERR_DENIED');
    expect(await host.auth.devices.list({ subject: 'ada' })).to.deep.equal([]);
  });

  describe('in the device flow', () => {
    async function requested(): Promise<DeviceAuthorizationResponse> {
      const response = await fetch(`${host.origin}/api/auth/device_authorization`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'television', device_name: 'Living room' }),
      });
      return (await response.json()) as DeviceAuthorizationResponse;
    }

    async function polled(deviceCode: string): Promise<Record<string, unknown>> {
      const response = await fetch(`${host.origin}/api/auth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: deviceCode,
          client_id: 'television',
        }),
      });
      return (await response.json()) as Record<string, unknown>;
    }

    /** Looks the code up, and presses the button with this id. */
    async function decide(userCode: string, answer: 'approve' | 'deny'): Promise<void> {
      await page.goto(`${host.origin}/deep/auth/activate`);
      await page.locator('#user-code').focus();
      await page.keyboard.type(userCode.toLowerCase());
      await page.keyboard.press('Enter');
      await page.locator('#panel-decide').waitFor();
      await tabTo(page, answer);
      await page.keyboard.press('Enter');
    }

    it('approves the device that shows the code', async () => {
      const { device_code: deviceCode, user_code: userCode } = await requested();
      await decide(userCode, 'approve');
      await untilHeading(page, 'Approved: Living room');
      expect(await polled(deviceCode)).to.deep.include({ account: { subject: 'ada', display_name: 'Ada Lovelace' } });
      await untilHeading(page, 'Connected: Living room');
    });

    it('denies the device', async () => {
      const { device_code: deviceCode, user_code: userCode } = await requested();
      await decide(userCode, 'deny');
      await untilHeading(page, 'Denied');
      expect(await polled(deviceCode)).to.include({ error: 'access_denied' });
      expect(await host.auth.devices.list({ subject: 'ada' })).to.deep.equal([]);
    });
  });
});
