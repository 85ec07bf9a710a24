// The question whether the device that used the code may come in.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { expectAlike } from './choices.js';
import { device } from './samples.js';
import { mistake } from './states.js';
import { heading, openClaim, openCode, stopClock, tabTo, untilHeading, useVisits } from './visit.js';

describe('approval on the quick-connect page', () => {
  const visits = useVisits();
  const asked = () => visits.standIn.requests.filter((request) => /approve|deny/.test(request));

  it('shows who asks, lets the age go on, and says how long there is to decide', async () => {
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

  it('says so where the app did not say what it is', async () => {
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

  it('approves by the right number, waits for the app, and says when it has connected', async () => {
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

  it('is decided by keyboard alone: the number, then Enter', async () => {
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

  it('is denied by keyboard alone', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await tabTo(page, 'deny');
    await page.keyboard.press('Enter');
    await page.locator('#denied-title:focus').waitFor();
  });

  it('sends nothing that is no number of two digits, and says so at the field', async () => {
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

  it('takes digits of any script, and nothing else', async () => {
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

  it('leaves the field ready for the next number after a wrong one', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await mistake(page, ['41']);
    await page.getByText('2 tries left.').waitFor();
    await page.locator('#match-number:focus').waitFor();
    await page.keyboard.type('42');
    await page.keyboard.press('Enter');
    await untilHeading(page, 'Approved');
  });

  it('calls a no from elsewhere a no, even after a wrong number here', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    await mistake(page, ['41', '43']);
    await page.getByText('One try left.').waitFor();
    visits.standIn.become({ status: 'denied' });
    await untilHeading(page, 'Denied$');
  });

  it('announces who asks, and does not take the focus from a field that somebody types in', async () => {
    visits.standIn.devices.push(device('a', 'Tablet'));
    const page = await visits.visit();
    await openCode(page);
    await page.getByRole('button', { name: /^Rename/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Bed');
    visits.standIn.claim();
    await page.locator('#panel-claimed').waitFor();
    await page.keyboard.type('side');
    expect(await page.locator('#rename-name').inputValue()).to.equal('Bedside');
    // The rest of the page is silent behind the dialog.
    expect(await page.locator('#rename [data-live]').textContent()).to.match(/^A device requests access: .Pixel 9/);
    await page.keyboard.press('Enter');
    await page.locator('.device-name', { hasText: 'Bedside' }).waitFor();
    expect(await heading(page)).to.equal('Is this your device?');
  });

  it('announces who asks to those who are elsewhere on the page', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.locator('#log-out').focus();
    visits.standIn.claim();
    await page.locator('#panel-claimed').waitFor();
    expect(await page.evaluate('document.activeElement.id')).to.equal('log-out');
    expect(await page.locator('#live').textContent()).to.match(/^A device requests access: .Pixel 9/);
  });

  for (const status of ['claimed', 'approved'] as const) {
    it(`goes on after a reload while ${status}, and can still be cancelled`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.become({ status });
      await page.reload();
      await page.locator(`#panel-${status}`).waitFor();
      await page.locator('[data-cancel]:visible').click();
      await untilHeading(page, 'Canceled');
      expect(visits.standIn.pairing.status).to.equal('cancelled');
    });

    it(`takes the attempt back at log-out while ${status}, and forgets the device`, async () => {
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
    it(`shows how it ended where ${button} comes too late`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.refuse(/events$/, 503);
      visits.standIn.drop();
      visits.standIn.become({ status: 'expired' });
      await page.locator('#match-number').fill('42');
      await page.locator('#panel-claimed').getByRole('button', { name: button }).click();
      await untilHeading(page, 'The code has expired');
    });

    it(`ends the login where ${button} finds that it is gone`, async () => {
      const page = await visits.visit();
      await openClaim(visits.standIn, page);
      visits.standIn.refuse(/approve|deny|^DELETE/, 401);
      await page.locator('#match-number').fill('42');
      await page.locator('#panel-claimed').getByRole('button', { name: button }).click();
      await untilHeading(page, 'You are not logged in');
      expect(await page.locator('#match-number').inputValue()).to.equal('');
      expect(await page.locator('main').innerHTML()).not.to.include('Pixel 9');
    });

    it(`says that the server cannot do ${button} now, and does it at the next try`, async () => {
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

  it('shows nothing of an answer that comes after its owner has left', async () => {
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
    // One more round trip, and the page has dealt with it.
    await page.evaluate("fetch('me').then(() => undefined)");
    expect(await heading(page)).to.equal('You are logged out');
    expect(await page.locator('main').innerHTML()).not.to.include('Pixel 9');
  });

  it('goes on by itself when the network is back', async () => {
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

  it('gives yes and no the same weight on a small screen and in the dark', async () => {
    const page = await visits.visit({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' });
    await openClaim(visits.standIn, page);
    await expectAlike(page);
  });
});
