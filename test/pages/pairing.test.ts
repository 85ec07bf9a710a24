// The card of the quick-connect page: the code, the outcomes of a pairing, and failures.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { heading, openCode, stopClock, untilHeading, useVisits } from './visit.js';

describe('connecting a device on the quick-connect page', () => {
  const visits = useVisits();

  it('shows the user who is logged in', async () => {
    const page = await visits.visit();
    expect(await page.locator('#who-name').textContent()).to.equal('Logged in as Ada Lovelace');
  });

  it('opens a pairing only on request', async () => {
    await visits.visit();
    expect(visits.standIn.requests).not.to.include('POST pairings');
  });

  it('shows the code in groups, the QR, the link and both countdowns', async () => {
    const page = await visits.visit();
    await openCode(page);
    expect(await page.locator('.code-groups bdi').allTextContents()).to.deep.equal(['7KQM', 'V3XH', '92TD']);
    expect(await page.locator('#same-device').getAttribute('href')).to.equal(visits.standIn.pairing.uri);
    expect(await page.locator('#code-rotates').textContent()).to.match(/^New code in 0:4\d$/);
    expect(await page.locator('#open-left').textContent()).to.match(/^Waiting for your device\. (5:00|4:5\d) left\.$/);
  });

  it('links only to http and https', async () => {
    visits.standIn.next = { uri: 'javascript:alert(1)' };
    const page = await visits.visit();
    await openCode(page);
    expect(await page.locator('#same-device').isVisible()).to.equal(false);
  });

  it('fetches the next code when the current one expires', async () => {
    const page = await visits.visit();
    await stopClock(page);
    await openCode(page);
    visits.standIn.pairing.code = 'NEXT-C0DE-0000';
    visits.standIn.pairing.code_expires_in = 60;
    await page.clock.runFor(43_000);
    await page.getByText('NEXT').waitFor();
    expect(await page.locator('#live').textContent()).to.equal('A new code is shown.');
    expect(await page.locator('#code-rotates').textContent()).to.match(/^New code in (1:00|0:5\d)$/);
  });

  it('says immediately that the device has connected, and lists it', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected: Pixel 9');
    await page.locator('.device-name', { hasText: 'Pixel 9' }).waitFor();
    expect(visits.standIn.requests.filter((request) => /^GET pairings\/[^/]+$/.test(request))).to.deep.equal([]);
  });

  it('revokes the device that has just connected with one tap', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await page.getByRole('button', { name: 'Revoke this device' }).click();
    await untilHeading(page, 'Revoked: Pixel 9');
    expect(visits.standIn.devices).to.deep.equal([]);
    expect(await page.evaluate('document.activeElement.id')).to.equal('revoked-title');
  });

  it('does not show a device as connected after it was revoked in the list', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await page.getByRole('button', { name: /^Revoke .Pixel 9/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await untilHeading(page, 'Revoked: Pixel 9');
  });

  it('loads the list again if the device’s row is written after its pairing', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    const late = visits.standIn.devices.splice(0);
    await page.getByText('No device is connected yet.').waitFor();
    visits.standIn.devices.push(...late);
    await page.locator('.device-name', { hasText: 'Pixel 9' }).waitFor();
    expect(await heading(page)).to.equal('Connected: Pixel 9');
  });

  for (const [status, title] of [
    ['expired', 'The code has expired'],
    ['denied', 'Denied'],
    ['burned', 'The code was blocked'],
    ['cancelled', 'Canceled'],
  ] as const) {
    it(`says that the pairing is ${status}, and offers a new code`, async () => {
      const page = await visits.visit();
      await openCode(page);
      visits.standIn.become({ status });
      await untilHeading(page, title);
      await page.locator('#panel-open').waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Get a new code' }).click();
      await untilHeading(page, 'Scan or type');
    });
  }

  it('says that a second device used the same code', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected');
    visits.standIn.become({ status: 'burned' });
    await untilHeading(page, 'The code was used twice');
  });

  it('cancels a pairing', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await untilHeading(page, 'Canceled');
    expect(visits.standIn.pairing.status).to.equal('cancelled');
  });

  it('continues the same pairing after a reload', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.reload();
    await untilHeading(page, 'Scan or type');
    expect(visits.standIn.requests.filter((request) => request === 'POST pairings')).to.have.length(1);
  });

  it('polls every few seconds if event streams are refused', async () => {
    visits.standIn.refuse(/events$/, 429);
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected');
  });

  it('polls while a stream is broken, and shows what happened meanwhile', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.refuse(/events$/, 503);
    visits.standIn.drop();
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected');
  });
});
