// The quick-connect page with the real API, which shows that the stand-in still matches it.
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import type { Latchkey } from '../../src/index.js';
import { type Chromium, type ObservedPage, startChromium } from '../support/chromium.js';
import { type RealHost, startRealHost } from './real-host.js';
import { openCode, untilHeading } from './visit.js';

describe('the quick-connect page with the real API', () => {
  let chromium: Chromium;
  let auth: Latchkey;
  let host: RealHost;
  let origin: string;
  let observed: ObservedPage;
  let page: Page;

  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.stop());

  beforeEach(async () => {
    host = await startRealHost();
    ({ auth, origin } = host);
    observed = await chromium.open({ extraHTTPHeaders: { 'Remote-User': 'ada', 'Remote-Name': 'Ada Lovelace' } });
    page = observed.page;
    await page.goto(`${origin}/deep/auth/quick-connect`);
    await untilHeading(page, 'How it works');
  });

  afterEach(async () => {
    await observed.context.close();
    await host.stop();
    expect(observed.complaints).to.deep.equal([]);
  });

  async function redeem(proof: Record<string, string>, deviceName: string): Promise<Response> {
    return fetch(`${origin}/api/auth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
        client_id: 'koel-player',
        device_name: deviceName,
        ...proof,
      }),
    });
  }

  const code = async () => (await page.locator('.code-groups').textContent()) ?? '';

  it('connects a device with the displayed code, then renames and revokes it', async () => {
    expect(await page.locator('#who-name').textContent()).to.equal('Logged in as Ada Lovelace');
    await openCode(page);
    expect((await redeem({ code: await code() }, 'Pixel 8')).status).to.equal(200);
    await untilHeading(page, 'Connected: Pixel 8');

    await page.getByRole('button', { name: /^Rename/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Bedside');
    await page.keyboard.press('Enter');
    await page.locator('.device-name', { hasText: 'Bedside' }).waitFor();

    await page.getByRole('button', { name: 'Revoke this device' }).click();
    await page.getByText('No device is connected yet.').waitFor();
    expect(await auth.devices.list({ subject: 'ada' })).to.deep.equal([]);
  });

  it('connects a device with the link, revokes all others, then all', async () => {
    for (const name of ['Pixel 8', 'Tablet', 'Watch']) {
      await openCode(page);
      const link = new URL((await page.locator('#same-device').getAttribute('href')) ?? '');
      const carried = new URLSearchParams(link.hash.slice(1));
      const answer = await redeem({ id: carried.get('id') ?? '', secret: carried.get('s') ?? '' }, name);
      expect(answer.status).to.equal(200);
      await untilHeading(page, `Connected: ${name}`);
      await page.reload();
      await untilHeading(page, 'How it works');
    }
    await page.getByText('Connected by QR code').nth(2).waitFor();

    await page.getByRole('button', { name: /^Revoke others.*Tablet/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('.device').nth(1).waitFor({ state: 'detached' });
    expect((await auth.devices.list({ subject: 'ada' })).map(({ name }) => name)).to.deep.equal(['Tablet']);
  });

  it('says that the code was used twice', async () => {
    await openCode(page);
    const shown = await code();
    await redeem({ code: shown }, 'Pixel 8');
    await untilHeading(page, 'Connected');
    expect((await redeem({ code: shown }, 'Galaxy')).status).to.equal(400);
    await untilHeading(page, 'The code was used twice');
    await page.getByText('No device is connected yet.').waitFor();
  });

  it('says that the code was blocked after five wrong tries', async () => {
    await openCode(page);
    const locator = (await code()).slice(0, 4);
    for (let tries = 0; tries < 5; tries += 1) await redeem({ code: `${locator}-0000-0000` }, 'Galaxy');
    await untilHeading(page, 'The code was blocked');
  });

  it('cancels a pairing, and says that there are too many open codes', async () => {
    await openCode(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await untilHeading(page, 'Canceled');
    for (let open = 0; open < 3; open += 1)
      await page.request.post(`${origin}/deep/auth/pairings`, { data: {}, headers: { Origin: origin } });
    await page.getByRole('button', { name: 'Get a new code' }).click();
    await page.getByText('You have too many open codes').waitFor();
  });

  it('says after a logout that the proxy’s login continues', async () => {
    await page.getByRole('button', { name: 'Log out' }).click();
    await untilHeading(page, 'You are not logged out yet');
  });
});
