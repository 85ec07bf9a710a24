// The quick-connect page hides the code when the user leaves, and loads the QR code again after a failure.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { leaveTab, returnToTab } from './states.js';
import { openCode, stopClock, untilHeading, useVisits } from './visit.js';

const announcement = 'The code is hidden. To see it again, select “Show code”.';

async function expectHidden(page: Page): Promise<void> {
  await untilHeading(page, 'The code is hidden');
  expect(await page.locator('#qr').getAttribute('src')).to.equal(null);
  expect(await page.locator('#same-device').getAttribute('href')).to.equal(null);
  expect(await page.locator('main').innerHTML()).not.to.match(/7KQM|7 K Q M|Zm9yIHRlc3Rz/);
  expect(await page.locator('#revealed').isVisible()).to.equal(false);
}

describe('hiding the code on the quick-connect page', () => {
  const visits = useVisits();

  it('removes code, QR code and link when the user leaves the tab, and announces it when they return', async () => {
    const page = await visits.visit();
    await openCode(page);
    await leaveTab(page);
    await expectHidden(page);
    await returnToTab(page);
    await expectHidden(page);
    expect(await page.locator('#live').textContent()).to.equal(announcement);
    expect(await page.locator('#open-left').textContent()).to.match(/^Waiting for your device/);
  });

  it('shows them again by keyboard, without losing the focus when hiding or showing them', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.locator('#same-device').focus();
    await leaveTab(page);
    await returnToTab(page);
    await page.locator('#reveal:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#open-title:focus').waitFor();
    await untilHeading(page, 'Scan or type');
    expect(await page.locator('.code-groups').textContent()).to.equal('7KQM-V3XH-92TD');
    expect(await page.locator('#same-device').getAttribute('href')).to.equal(visits.standIn.pairing.uri);
    await page.locator('#qr').evaluate((image: { decode(): Promise<void> }) => image.decode());
  });

  it('hides the code after five minutes without input, and not before', async () => {
    visits.standIn.next = { expires_in: 900, code_expires_in: 900 };
    const page = await visits.visit();
    await stopClock(page);
    await openCode(page);
    await page.clock.runFor(280_000);
    await page.mouse.move(50, 50);
    await page.clock.runFor(280_000);
    await untilHeading(page, 'Scan or type');
    await page.clock.runFor(25_000);
    await expectHidden(page);
    expect(await page.locator('#live').textContent()).to.equal(announcement);
  });

  it('does not fetch a new code while hidden, and never shows an expired one', async () => {
    const page = await visits.visit();
    await stopClock(page);
    await openCode(page);
    await leaveTab(page);
    const asked = () => visits.standIn.requests.filter((request) => /^GET pairings\/[^/]+$/.test(request)).length;
    await page.clock.runFor(50_000);
    expect(asked()).to.equal(0);
    Object.assign(visits.standIn.pairing, { code: 'NEXT-C0DE-0000', code_expires_in: 60 });
    await page.locator('#reveal').click();
    expect(await page.locator('#code').textContent()).not.to.include('7KQM');
    await page.clock.runFor(1000);
    await page.getByText('NEXT').waitFor();
  });

  it('still says when a device has connected', async () => {
    const page = await visits.visit();
    await openCode(page);
    await leaveTab(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected: Pixel 9');
  });

  it('loads the QR code again after a failure', async () => {
    visits.standIn.refuse(/qr\.svg$/, 503);
    const page = await visits.visit();
    await stopClock(page);
    await page.locator('#panel-idle [data-connect]').click();
    await page.getByText('Could not load the QR code').waitFor();
    visits.standIn.allow();
    await page.clock.runFor(5000);
    await page.locator('#qr-figure').waitFor();
    expect(await page.locator('#qr-failed').isVisible()).to.equal(false);
  });

  it('fetches the QR code of each pairing once, although its code changes', async () => {
    const page = await visits.visit();
    await stopClock(page);
    await openCode(page);
    const fetched = () => visits.standIn.requests.filter((request) => request.endsWith('/qr.svg'));
    Object.assign(visits.standIn.pairing, { code: 'NEXT-C0DE-0000', code_expires_in: 60 });
    await page.clock.runFor(43_000);
    await page.getByText('NEXT').waitFor();
    expect(fetched()).to.have.length(1);
    await page.locator('[data-cancel]:visible').click();
    await page.getByRole('button', { name: 'Get a new code' }).click();
    await untilHeading(page, 'Scan or type');
    await page.locator('#qr').evaluate((image: { decode(): Promise<void> }) => image.decode());
    expect(new Set(fetched()).size).to.equal(2);
  });
});
