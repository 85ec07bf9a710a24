// The approval question on the quick-connect page: whether the device that used the code may connect.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { expectEqualLook } from './choices.js';
import { device } from './samples.js';
import { enterWrongNumbers } from './states.js';
import { heading, openClaim, openCode, stopClock, tabTo, untilHeading, useVisits } from './visit.js';

describe('approval on the quick-connect page', () => {
  const visits = useVisits();
  const asked = () => visits.standIn.requests.filter((request) => /approve|deny/.test(request));

  it('shows the device, the increasing age of its request, and the time left to decide', async () => {
    const page = await visits.visit();
    await stopClock(page);
    await openClaim(visits.standIn, page);
    expect(await page.locator('dt').allTextContents()).to.deep.equal([
      'Device',
      'App',
      'Platform',
      'Address',
      'Requested',
    ]);
    await page.clock.runFor(62_000);
    expect(await page.locator('#claim-age').textContent()).to.equal('1 minute ago');
    expect(await page.locator('#claimed-left').textContent()).to.equal('3:58 left to decide.');
  });

  it('says if the app sent no information about itself', async () => {
    const page = await visits.visit();
    await openCode(page);
    const { standIn } = visits;
    standIn.become({ status: 'claimed', claim: { device_name: ' ', client_id: 'app', address: '::1', age: 0 } });
    await untilHeading(page, 'Is this your device?');
    expect(await page.locator('dd').allTextContents()).to.deep.equal([
      'Unnamed device',
      'app',
      'Not provided',
      '::1',
      'just now',
    ]);
  });

  it('approves with the right number, waits for the app, and says that it has connected', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await page.locator('#match-number').fill('42');
    await page.getByRole('button', { name: 'Approve' }).click();
    await untilHeading(page, 'Approved: Pixel 9');
    expect(visits.standIn.bodies.at(-1)).to.deep.equal({ match_number: '42' });
    expect(await page.locator('#approved-left').textContent()).to.match(/^Waiting for the app\. (5:00|4:5\d) left\.$/);
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected: Pixel 9');
  });

  it('denies without a number', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await page.getByRole('button', { name: 'Deny' }).click();
    await untilHeading(page, 'Denied$');
    expect(visits.standIn.pairing.status).to.equal('denied');
    expect(await page.evaluate('document.activeElement.id')).to.equal('denied-title');
  });

  it('can be approved by keyboard alone: the number, then Enter', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.locator('[data-cancel]:visible').focus();
    visits.standIn.claim();
    await page.locator('#claimed-title:focus').waitFor();
    await tabTo(page, 'match-number');
    await page.keyboard.type('42');
    await page.keyboard.press('Enter');
    await page.locator('#approved-title:focus').waitFor();
  });

  it('can be denied by keyboard alone', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await tabTo(page, 'deny');
    await page.keyboard.press('Enter');
    await page.locator('#denied-title:focus').waitFor();
  });

  it('sends only numbers of two digits, and shows an error at the field', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    for (const typed of ['', '4', 'four']) {
      await page.locator('#match-number').fill(typed);
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('Enter the two digits').waitFor();
      expect(await page.locator('#match-number').getAttribute('aria-invalid')).to.equal('true');
      expect(await page.evaluate('document.activeElement.id')).to.equal('match-number');
    }
    expect(asked()).to.deep.equal([]);
  });

  it('accepts digits of any script, and nothing else', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    for (const [typed, kept] of [
      ['٤٢', '42'],
      ['۴۲', '42'],
      ['४२', '42'],
      [' 4-2 ', '42'],
      ['90817', '90'],
    ] as const) {
      await page.locator('#match-number').fill(typed);
      expect(await page.locator('#match-number').inputValue(), typed).to.equal(kept);
    }
  });

  it('prepares the field for the next number after a wrong one', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await enterWrongNumbers(page, ['41']);
    await page.getByText('2 tries left.').waitFor();
    await page.locator('#match-number:focus').waitFor();
    await page.keyboard.type('42');
    await page.keyboard.press('Enter');
    await untilHeading(page, 'Approved');
  });

  it('shows a denial in another tab as a denial, even after a wrong number in this one', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await enterWrongNumbers(page, ['41', '43']);
    await page.getByText('One try left.').waitFor();
    visits.standIn.become({ status: 'denied' });
    await untilHeading(page, 'Denied$');
  });

  it('announces the device, and does not move the focus away from a field in which the user is typing', async () => {
    visits.standIn.devices.push(device('a', 'Tablet'));
    const page = await visits.visit();
    await openCode(page);
    await page.getByRole('button', { name: /^Rename/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Bed');
    visits.standIn.claim();
    await page.locator('#panel-claimed').waitFor();
    await page.keyboard.type('side');
    expect(await page.locator('#rename-name').inputValue()).to.equal('Bedside');
    // Screen readers do not announce the rest of the page while the dialog is open.
    expect(await page.locator('#rename [data-live]').textContent()).to.match(/^A device requests access: .Pixel 9/);
    await page.keyboard.press('Enter');
    await page.locator('.device-name', { hasText: 'Bedside' }).waitFor();
    expect(await heading(page)).to.equal('Is this your device?');
  });

  it('announces the device if the focus is elsewhere on the page', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.locator('#log-out').focus();
    visits.standIn.claim();
    await page.locator('#panel-claimed').waitFor();
    expect(await page.evaluate('document.activeElement.id')).to.equal('log-out');
    expect(await page.locator('#live').textContent()).to.match(/^A device requests access: .Pixel 9/);
  });

  for (const status of ['claimed', 'approved'] as const) {
    it(`continues after a reload while ${status}, and can still be canceled`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.become({ status });
      await page.reload();
      await page.locator(`#panel-${status}`).waitFor();
      await page.locator('[data-cancel]:visible').click();
      await untilHeading(page, 'Canceled');
      expect(visits.standIn.pairing.status).to.equal('cancelled');
    });

    it(`cancels the pairing at logout while ${status}, and clears the device’s data`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.become({ status });
      await page.locator(`#panel-${status}`).waitFor();
      await page.locator('#log-out').click();
      await untilHeading(page, 'You are logged out');
      expect(visits.standIn.pairing.status).to.equal('cancelled');
      const left = await page.locator('main').innerHTML();
      for (const word of ['Pixel 9', '198.51.100.7', 'Android 16']) expect(left).not.to.include(word);
    });
  }

  for (const button of ['Approve', 'Deny', 'Cancel']) {
    it(`shows the outcome if ${button} comes too late`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.refuse(/events$/, 503);
      visits.standIn.drop();
      visits.standIn.become({ status: 'expired' });
      await page.locator('#match-number').fill('42');
      await page.locator('#panel-claimed').getByRole('button', { name: button }).click();
      await untilHeading(page, 'The code has expired');
    });

    it(`shows the end of the login if ${button} gets 401`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.refuse(/approve|deny|^DELETE/, 401);
      await page.locator('#match-number').fill('42');
      await page.locator('#panel-claimed').getByRole('button', { name: button }).click();
      await untilHeading(page, 'You are not logged in');
      expect(await page.locator('#match-number').inputValue()).to.equal('');
      expect(await page.locator('main').innerHTML()).not.to.include('Pixel 9');
    });

    it(`says that the server is unavailable for ${button}, and succeeds at the next try`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.refuse(/approve|deny|^DELETE/, 503);
      await page.locator('#match-number').fill('42');
      await page.locator('#panel-claimed').getByRole('button', { name: button }).click();
      await page.getByText('The server cannot do this right now').waitFor();
      visits.standIn.allow();
      await page.getByRole('button', { name: 'Try again' }).click();
      await untilHeading(page, button === 'Approve' ? 'Approved' : button === 'Deny' ? 'Denied' : 'Canceled');
      expect(await page.locator('#notice').isVisible()).to.equal(false);
    });
  }

  it('ignores a response that arrives after the user has logged out', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    const release = visits.standIn.hold(/approve$/);
    visits.standIn.refuse(/^DELETE/, 503);
    await page.locator('#match-number').fill('42');
    const answer = page.waitForResponse(/approve$/);
    await page.locator('#approve').click();
    await page.locator('#log-out').click();
    await untilHeading(page, 'You are logged out');
    release();
    await answer;
    // After one more round trip, the page has processed the response.
    await page.evaluate("fetch('me').then(() => undefined)");
    expect(await heading(page)).to.equal('You are logged out');
    expect(await page.locator('main').innerHTML()).not.to.include('Pixel 9');
  });

  it('continues when the network is back', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await page.context().setOffline(true);
    await page.getByText('You seem to be offline').waitFor();
    expect(await heading(page)).to.equal('Is this your device?');
    await page.context().setOffline(false);
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await page.locator('#deny').click();
    await untilHeading(page, 'Denied$');
  });

  it('makes Approve and Deny look equal on a small screen and in dark mode', async () => {
    const page = await visits.visit({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' });
    await openClaim(visits.standIn, page);
    await expectEqualLook(page);
  });
});
