// P6: a victim is talked into reading the code aloud. The page warns beside the code, offers no way to share it, shows
// the device that connected, and makes it easy to revoke.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { expectEqualLook } from '../pages/choices.js';
import { openClaim, openCode, untilHeading, useVisits } from '../pages/visit.js';

describe('P6: a victim who is talked into reading the code aloud', () => {
  const visits = useVisits();

  it('sees a warning beside the code', async () => {
    const page = await visits.visit({ viewport: { width: 1280, height: 800 } });
    await openCode(page);
    const warning = page.locator('#panel-open .warning');
    expect(await warning.textContent()).to.include('Type this code only into an app that you opened yourself.');
    expect(await warning.textContent()).to.include('You never need to read this code out or send it to anyone.');
    const box = await warning.boundingBox();
    expect((box?.y ?? 800) + (box?.height ?? 800)).to.be.below(800);
    const size = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.warning')).fontSize)");
    expect(size).to.be.at.least(15);
  });

  it('sees no button that copies or shares the code', async () => {
    const page = await visits.visit();
    await openCode(page);
    const offered = await page.locator('#panel-open').locator('button:visible, a:visible').allTextContents();
    expect(offered).to.deep.equal(['Open the app on this device', 'Cancel']);
  });

  it('sees the device and a warning before approving, and equal buttons for Approve and Deny', async () => {
    const page = await visits.visit({ viewport: { width: 1280, height: 900 } });
    await openClaim(visits.standIn, page);
    const asked = await page.locator('#panel-claimed').textContent();
    for (const fact of ['Pixel 9', 'koel-player 4.2.0', 'Android 16', '198.51.100.7', '12 seconds ago']) {
      expect(asked).to.include(fact);
    }
    expect(asked).to.include('If this is not your device, choose Deny.');
    expect(asked).to.include(
      'Anyone who tells you a number or asks you to approve a device is trying to get into your account.',
    );
    await expectEqualLook(page);
  });

  it('cannot approve by guessing: each wrong number shows the tries left, and the third denies', async () => {
    const page = await visits.visit();
    await openClaim(visits.standIn, page);
    for (const [number, left] of [
      ['41', '2 tries left.'],
      ['43', 'One try left.'],
    ] as const) {
      await page.locator('#match-number').fill(number);
      await page.locator('#approve').click();
      await page.getByText(`This is not the number shown in the app. ${left}`).waitFor();
    }
    await page.locator('#match-number').fill('44');
    await page.locator('#approve').click();
    await untilHeading(page, 'Denied after three wrong numbers');
  });

  it('sees the device that connected, and can revoke it with the first button of the card', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('thief', 'Somebody’s Galaxy');
    await untilHeading(page, 'Connected: Somebody’s Galaxy');
    const buttons = page.locator('#panel-connected button');
    expect(await buttons.first().textContent()).to.equal('Revoke this device');
    await buttons.first().click();
    await untilHeading(page, 'Revoked: Somebody’s Galaxy');
    expect(visits.standIn.devices).to.deep.equal([]);
  });

  it('sees that the code was used twice', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('thief', 'Somebody’s Galaxy');
    await untilHeading(page, 'Connected');
    visits.standIn.become({ status: 'burned' });
    await untilHeading(page, 'The code was used twice');
    expect(await page.locator('#panel-replayed').textContent()).to.include('someone else has seen your code');
  });
});
