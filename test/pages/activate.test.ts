// The activate page, on which the user enters the code of a device.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aClaim } from './samples.js';
import { heading, lookUp, stopClock, tabTo, untilHeading, useVisits } from './visit.js';

describe('entering the code of a device on the activate page', () => {
  const visits = useVisits({ name: 'activate', mount: '/deep/er/auth' });
  const calls = () => visits.standIn.bodies.map(({ action }) => action).filter((action) => action !== undefined);

  it('groups the letters during typing, and never submits them by itself', async () => {
    const page = await visits.visit();
    const field = page.locator('#user-code');
    await field.focus();
    await page.keyboard.type('wdjb');
    expect(await field.inputValue()).to.equal('WDJB');
    await page.keyboard.type(' mj.ht');
    expect(await field.inputValue()).to.equal('WDJB-MJHT');
    await page.keyboard.type('X');
    expect(await field.inputValue()).to.equal('WDJB-MJHT');
    expect(calls()).to.deep.equal([]);
  });

  it('keeps the caret in place when the user corrects a letter', async () => {
    const page = await visits.visit();
    const field = page.locator('#user-code');
    await field.fill('WDJB-MJHT');
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'Delete', 'x']) await page.keyboard.press(key);
    expect(await field.inputValue()).to.equal('WDXB-MJHT');
    expect(await page.evaluate('document.activeElement.selectionStart')).to.equal(3);
    await page.keyboard.press('End');
    for (let presses = 0; presses < 9; presses += 1) await page.keyboard.press('Backspace');
    expect(await field.inputValue()).to.equal('');
  });

  it('accepts a pasted code in any spelling', async () => {
    visits.standIn.userCodes.set('WDJBMJHT', aClaim());
    const page = await visits.visit();
    await page.locator('#user-code').fill(' w d j b – m j h t\n');
    await page.keyboard.press('Enter');
    await untilHeading(page, 'Is this your device?');
    expect(visits.standIn.bodies.at(-1)).to.deep.equal({ action: 'lookup', user_code: 'WDJB-MJHT' });
  });

  it('does not send a malformed code, and shows an error at the field', async () => {
    const page = await visits.visit();
    for (const typed of ['', 'WDJB', 'WDJB-MJH0', 'WDJB-MJHA']) {
      await page.locator('#user-code').fill(typed);
      await page.locator('#continue').click();
      await page.getByRole('alert').getByText('A code has eight letters').waitFor();
      await page.locator('#user-code:focus').waitFor();
    }
    expect(await page.locator('#user-code').getAttribute('aria-invalid')).to.equal('true');
    expect(calls()).to.deep.equal([]);
  });

  it('says that no device is waiting for a wrong code, and accepts the right one afterwards', async () => {
    const page = await visits.visit();
    await page.locator('#user-code').fill('BCDFGHJK');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('No device is waiting for this code').waitFor();
    await page.locator('#user-code:focus').waitFor();
    await lookUp(visits.standIn, page);
    expect(await page.locator('#user-code').getAttribute('aria-invalid')).to.equal(null);
  });

  it('approves after confirmation, waits for the device, and lets the user revoke it with one tap', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    expect(await page.evaluate('document.activeElement.id')).to.equal('decide-title');
    await page.getByRole('button', { name: 'Approve' }).click();
    await untilHeading(page, 'Approved: Living room');
    expect(calls()).to.deep.equal(['lookup', 'approve']);
    await page.locator('#approved-left', { hasText: /^Waiting for the device\. (5:00|4:5\d) left\.$/ }).waitFor();
    visits.standIn.redeem('tv', 'Living room');
    await untilHeading(page, 'Connected: Living room');
    await page.getByRole('button', { name: 'Revoke this device' }).click();
    await untilHeading(page, 'Revoked: Living room');
    expect(visits.standIn.devices).to.deep.equal([]);
  });

  it('denies', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    await page.getByRole('button', { name: 'Deny' }).click();
    await untilHeading(page, 'Denied$');
    expect(calls()).to.deep.equal(['lookup', 'deny']);
    await page.getByRole('button', { name: 'Enter another code' }).click();
    await page.locator('#user-code:focus').waitFor();
    expect(await page.locator('#user-code').inputValue()).to.equal('');
  });

  for (const [id, title] of [
    ['approve', 'approved-title'],
    ['deny', 'denied-title'],
  ] as const) {
    it(`lets a user ${id} by keyboard alone`, async () => {
      visits.standIn.userCodes.set('WDJBMJHT', aClaim());
      const page = await visits.visit();
      await tabTo(page, 'user-code');
      await page.keyboard.type('wdjbmjht');
      await page.keyboard.press('Enter');
      await page.locator('#decide-title:focus').waitFor();
      await tabTo(page, id);
      await page.keyboard.press('Space');
      await page.locator(`#${title}:focus`).waitFor();
    });
  }

  it('sends no decision when the user goes back to enter another code', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    await page.getByRole('button', { name: 'Enter another code' }).click();
    await untilHeading(page, 'Which code');
    expect(calls()).to.deep.equal(['lookup']);
    expect(await page.locator('main').innerHTML()).not.to.include('Living room');
  });

  it('puts the code from the address into the field, and still asks for confirmation', async () => {
    visits.standIn.userCodes.set('WDJBMJHT', aClaim());
    const page = await visits.visit({ address: '?user_code=wdjb-mjht' });
    expect(await page.locator('#user-code').inputValue()).to.equal('WDJB-MJHT');
    expect(new URL(page.url()).pathname + new URL(page.url()).search).to.equal('/deep/er/auth/activate');
    await page.locator('#continue').click();
    await untilHeading(page, 'Is this your device?');
    expect(calls()).to.deep.equal(['lookup']);
  });

  it('keeps the code from the address during a login, and drops it when the user is logged in', async () => {
    const link = (page: Page) => page.locator('#panel-login a[data-login]').getAttribute('href');
    const place = '/deep/er/auth/activate';
    const { me } = visits.standIn;
    visits.standIn.me = undefined;
    const stranger = await visits.visit({ address: '?user_code=WDJB-MJHT' });
    expect(await link(stranger)).to.equal(`login?return_to=${encodeURIComponent(`${place}?user_code=WDJB-MJHT`)}`);
    expect(new URL(stranger.url()).search).to.equal('');
    visits.standIn.me = me;
    const person = await visits.visit({ address: '?user_code=WDJB-MJHT' });
    expect(await link(person)).to.equal(`login?return_to=${encodeURIComponent(place)}`);
  });

  for (const action of ['approve', 'deny']) {
    it(`says that the code no longer works if it is too late to ${action}`, async () => {
      const page = await visits.visit();
      await lookUp(visits.standIn, page);
      visits.standIn.userCodes.clear();
      await page.locator(`#${action}`).click();
      await untilHeading(page, 'This code no longer works');
      expect(await page.evaluate('document.activeElement.id')).to.equal('over-title');
    });
  }

  it('says that the code has expired while the user was deciding', async () => {
    const page = await visits.visit();
    await stopClock(page);
    await lookUp(visits.standIn, page);
    await page.clock.runFor(290_000);
    expect(await heading(page)).to.equal('Is this your device?');
    await page.clock.runFor(11_000);
    await untilHeading(page, 'The code has expired');
    expect(await page.locator('main').innerHTML()).not.to.include('WDJB-MJHT and');
  });

  for (const [status, title] of [
    ['expired', 'The code has expired'],
    ['denied', 'Denied'],
    ['cancelled', 'Canceled'],
    ['burned', 'This code no longer exists'],
  ] as const) {
    it(`shows the outcome when an approved pairing ends as ${status}`, async () => {
      const page = await visits.visit();
      await lookUp(visits.standIn, page);
      await page.locator('#approve').click();
      await untilHeading(page, 'Approved');
      visits.standIn.become({ status });
      await untilHeading(page, title);
    });
  }

  it('still waits for the approved device after a reload, and can cancel', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    await page.locator('#approve').click();
    await untilHeading(page, 'Approved');
    await page.reload();
    await untilHeading(page, 'Approved: Living room');
    await page.locator('[data-cancel]:visible').click();
    await untilHeading(page, 'Canceled');
    expect(visits.standIn.pairing.status).to.equal('cancelled');
  });

  for (const [step, request] of [
    ['lookup', '#continue'],
    ['approve', '#approve'],
    ['deny', '#deny'],
  ] as const) {
    it(`says how long to wait after too many wrong codes: ${step}`, async () => {
      const page = await visits.visit();
      await lookUp(visits.standIn, page);
      if (step === 'lookup') await page.locator('#panel-decide [data-connect]').click();
      visits.standIn.refuse(/verification$/, 429, 'Too many attempts', 'ERR_THROTTLED', 571);
      if (step === 'lookup') await page.locator('#user-code').fill('WDJBMJHT');
      await page.locator(request).click();
      await page.getByText('Too many attempts. Try again in 10 minutes.').waitFor();
    });

    it(`treats a redirect to the proxy’s login page as the end of the login: ${step}`, async () => {
      const page = await visits.visit();
      await lookUp(visits.standIn, page);
      if (step === 'lookup') await page.locator('#panel-decide [data-connect]').click();
      visits.standIn.refuse(/verification$/, 302);
      if (step === 'lookup') await page.locator('#user-code').fill('WDJBMJHT');
      await page.locator(request).click();
      await untilHeading(page, 'You are not logged in');
      expect(await page.getByRole('link', { name: 'Log in' }).getAttribute('href')).to.equal(
        `login?return_to=${encodeURIComponent('/deep/er/auth/activate')}`,
      );
      expect(await page.locator('#user-code').inputValue()).to.equal('');
      expect(await page.locator('main').innerHTML()).not.to.match(/Living room|Ada/);
    });
  }

  for (const [step, id] of [
    ['lookup', 'continue'],
    ['approve', 'approve'],
    ['deny', 'deny'],
  ] as const) {
    it(`ignores a response that arrives after the user has logged out: ${step}`, async () => {
      visits.standIn.userCodes.set('WDJBMJHT', aClaim());
      const page = await visits.visit();
      await page.locator('#user-code').fill('WDJBMJHT');
      if (step !== 'lookup') await page.locator('#continue').click();
      if (step !== 'lookup') await page.locator('#panel-decide').waitFor();
      const release = visits.standIn.hold(/verification$/);
      const answer = page.waitForResponse(/verification$/);
      await page.locator(`#${id}`).click();
      await page.locator('#log-out').click();
      await untilHeading(page, 'You are logged out');
      release();
      await answer;
      // After one more round trip, the page has processed the response.
      await page.evaluate("fetch('me').then(() => undefined)");
      expect(await heading(page)).to.equal('You are logged out');
      expect(await page.locator('main').innerHTML()).not.to.match(/Pixel 9|WDJB-MJHT and/);
    });
  }

  it('says that the server is unavailable, and succeeds at the next try', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    visits.standIn.refuse(/verification$/, 503);
    await page.locator('#approve').click();
    await page.getByText('The server cannot do this right now').waitFor();
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).click();
    await untilHeading(page, 'Approved');
  });

  it('says that it is offline, keeps the question, and continues when the network is back', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    await page.context().setOffline(true);
    await page.getByText('You seem to be offline').waitFor();
    expect(await heading(page)).to.equal('Is this your device?');
    await page.context().setOffline(false);
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await page.locator('#approve').click();
    await untilHeading(page, 'Approved');
  });

  it('lists the devices, and links to the quick-connect page, which links back', async () => {
    const page = await visits.visit();
    await page.getByText('No device is connected yet.').waitFor();
    await page.getByRole('link', { name: 'Get one here' }).click();
    await untilHeading(page, 'How it works');
    await page.getByRole('link', { name: 'Enter it here' }).click();
    await untilHeading(page, 'Which code');
  });
});
