// The focus after changes of a page: it is never lost, and the next key press works immediately.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, anEntry, owned } from './admin-samples.js';
import { device } from './samples.js';
import { leaveTab } from './states.js';
import { openCode, useVisits } from './visit.js';

/** Simulates a short network loss, after which the page loads everything again. */
const reconnect = "dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))";
const focused = (page: Page) => page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');

describe('the focus on the quick-connect page', () => {
  const visits = useVisits();

  async function visitDevices(): Promise<Page> {
    visits.standIn.devices.push(device('a', 'Pixel 8'), device('b', 'Radio'));
    const page = await visits.visit();
    await page.locator('.device').nth(1).waitFor();
    return page;
  }

  it('returns to a button that can be pressed as soon as its question is closed', async () => {
    const page = await visitDevices();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).press('Enter');
    // All of this runs within one task, so no event comes in between.
    const open = await page.evaluate(`(async () => {
      document.querySelector('#confirm button').click();
      for (let turn = 0; turn < 50; turn += 1) await undefined;
      document.activeElement.click();
      return document.querySelector('#confirm').open;
    })()`);
    expect(open).to.equal(true);
  });

  it('stays in a question that opens right after another one', async () => {
    const page = await visitDevices();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).press('Enter');
    await page.evaluate(`{
      document.querySelector('#confirm button').click();
      document.querySelectorAll('[data-action=revoke]')[1].click();
    }`);
    await page.evaluate('new Promise((done) => setTimeout(done))');
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).press('Enter');
    await page.locator('.device', { hasText: 'Radio' }).waitFor({ state: 'detached' });
    expect(visits.standIn.devices.map(({ id }) => id)).to.deep.equal(['a']);
  });

  for (const [what, button] of [
    ['its device', /^Revoke .Pixel 8/],
    ['the choice between one device and all', 'Revoke all devices'],
  ] as const) {
    it(`moves to the heading when ${what} disappears`, async () => {
      const page = await visitDevices();
      await page.getByRole('button', { name: button }).focus();
      visits.standIn.devices.shift();
      await page.evaluate(reconnect);
      await page.locator('#devices-title:focus').waitFor();
    });
  }

  it('moves to the heading when its device disappears during the question', async () => {
    const page = await visitDevices();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).press('Enter');
    visits.standIn.devices.shift();
    await page.evaluate(reconnect);
    await page.locator('.device').nth(1).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.locator('#devices-title:focus').waitFor();
  });

  it('moves to the heading when a failed revocation has removed its device', async () => {
    const page = await visitDevices();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).press('Enter');
    visits.standIn.devices.shift();
    visits.standIn.refuse(/^DELETE/, 503);
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).press('Enter');
    await page.locator('#devices-title:focus').waitFor();
  });

  it('stays on its button when the list is rendered again', async () => {
    const page = await visitDevices();
    await page.getByRole('button', { name: /^Revoke .Radio/ }).focus();
    visits.standIn.devices.shift();
    await page.evaluate(reconnect);
    await page.locator('.device').nth(1).waitFor({ state: 'detached' });
    expect(await focused(page)).to.match(/^Revoke .Radio/);
  });

  it('moves to the card’s heading after a retry', async () => {
    const page = await visitDevices();
    visits.standIn.refuse(/^GET devices/, 503);
    await page.evaluate(reconnect);
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).press('Enter');
    await page.locator('#idle-title:focus').waitFor();
  });

  it('moves to the heading about the end of the login, from a button and from a question', async () => {
    const page = await visitDevices();
    await page.getByRole('button', { name: 'Log out' }).press('Enter');
    await page.locator('#logged-out-title:focus').waitFor();
    await page.reload();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).press('Enter');
    visits.standIn.me = undefined;
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).press('Enter');
    await page.locator('#login-title:focus').waitFor();
  });

  it('moves to the outcome of a pairing whose code was hidden', async () => {
    const page = await visits.visit();
    await openCode(page);
    await leaveTab(page);
    await page.locator('#reveal').focus();
    visits.standIn.become({ status: 'expired' });
    await page.locator('#expired-title:focus').waitFor();
  });
});

describe('the focus on the page admin', () => {
  const visits = useVisits({ name: 'admin' });

  it('stays on its row when a list is rendered again, and moves to the heading when the row is gone', async () => {
    const { devices } = visits.standIn.admin;
    devices.push(owned('a', 'Pixel 8', 'ada'), owned('b', 'Radio', 'grace'));
    const page = await visits.visit({ address: '#devices' });
    await page.getByRole('button', { name: /^Revoke .Radio/ }).focus();
    devices.shift();
    await page.evaluate(reconnect);
    await page.locator('#devices-list .device').nth(1).waitFor({ state: 'detached' });
    expect(await focused(page)).to.match(/^Revoke .Radio/);
    devices.shift();
    await page.evaluate(reconnect);
    await page.locator('#devices-title:focus').waitFor();
  });

  it('stays on its mapping when someone else has changed it meanwhile', async () => {
    const { mappings } = visits.standIn.admin;
    mappings.push(aMapping('staff', ['reader']), aMapping('vestry', ['reader']));
    const page = await visits.visit({ address: '#groups' });
    await page.getByRole('button', { name: /^Delete the mapping of .vestry/ }).press('Enter');
    await page.getByRole('dialog').waitFor();
    Object.assign(mappings[1] ?? {}, { version: 2 });
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
    await page.getByRole('alert').getByText('Someone else changed this record').waitFor();
    expect(await focused(page)).to.match(/^Delete the mapping of .vestry/);
  });

  it('moves to the first new row, even if it contains no controls', async () => {
    const { entries } = visits.standIn.admin;
    for (let index = 0; index < 60; index += 1)
      entries.push(anEntry(String(index), 'user.changed', { subject: `subject-${index}` }));
    const page = await visits.visit({ address: '#audit' });
    await page.getByRole('button', { name: 'Show more' }).press('Enter');
    await page.locator('#audit-list .row:focus', { hasText: 'subject-50' }).waitFor();
  });

  it('moves to the heading after a retry', async () => {
    const page = await visits.visit();
    visits.standIn.refuse(/^GET admin/, 503);
    await page.getByRole('link', { name: 'Devices' }).press('Enter');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).press('Enter');
    await page.locator('#devices-title:focus').waitFor();
    await page.locator('#notice').waitFor({ state: 'hidden' });
  });

  it('moves to the heading about the end of the login, also from the button for a retry', async () => {
    const page = await visits.visit();
    visits.standIn.refuse(/^GET admin/, 503);
    await page.getByRole('link', { name: 'Devices' }).press('Enter');
    await page.getByRole('button', { name: 'Try again' }).focus();
    visits.standIn.allow();
    visits.standIn.me = undefined;
    await page.keyboard.press('Enter');
    await page.locator('#login-title:focus').waitFor();
  });
});
