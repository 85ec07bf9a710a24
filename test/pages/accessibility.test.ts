// Accessibility of the quick-connect and activate pages: contrast, names, landmarks, small screens, keyboard, motion.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loadAxe, overflowingElements, violations, violationsOfLook } from './axe.js';
import { activateStates, quickConnectStates, someDevices } from './states.js';
import { openClaim, openCode, untilHeading, useVisits } from './visit.js';

const suites = [
  ['quick-connect', 'en-US', quickConnectStates],
  ['quick-connect', 'ar', quickConnectStates],
  ['activate', 'en-US', activateStates],
  ['activate', 'ar', activateStates],
] as const;

for (const [name, locale, states] of suites) {
  describe(`accessibility of every state of the page ${name}, ${locale}`, () => {
    const visits = useVisits({
      name,
      onePage: { locale, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' },
    });
    const look = locale === 'ar' ? violationsOfLook : violations;

    for (const [state, reach] of Object.entries(states)) {
      it(`has enough contrast, labels its elements and fits the screen, light and dark: ${state}`, async () => {
        visits.standIn.devices.push(...someDevices());
        visits.standIn.me = { subject: 'ada', display_name: 'L'.repeat(64) };
        const page = await visits.visit();
        await reach(visits.standIn, page);
        expect(await overflowingElements(page)).to.deep.equal([]);
        await loadAxe(page);
        expect(await look(page), 'light').to.deep.equal([]);
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.setViewportSize({ width: 1280, height: 900 });
        expect(await violationsOfLook(page), 'dark').to.deep.equal([]);
      });
    }
  });
}

describe('accessibility of the pages', () => {
  const visits = useVisits();

  it('lets a user revoke a device by keyboard alone, without losing the focus', async () => {
    visits.standIn.devices.push(...someDevices());
    const page = await visits.visit();
    const focused = () => page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');
    const tabTo = async (label: RegExp) => {
      for (let presses = 0; presses < 30; presses += 1) {
        await page.keyboard.press('Tab');
        if (label.test(String(await focused()))) return;
      }
      throw new Error(`No Tab leads to ${label}`);
    };
    await page.locator('.device').first().waitFor();
    await tabTo(/^Revoke .Pixel 8/);
    await page.keyboard.press('Enter');
    expect(await focused()).to.equal('Keep');
    await page.keyboard.press('Escape');
    expect(await focused()).to.match(/^Revoke .Pixel 8/);
    expect(visits.standIn.devices).to.have.length(2);

    await page.keyboard.press('Space');
    await tabTo(/^Revoke$/);
    await page.keyboard.press('Enter');
    await page.locator('#devices-title:focus').waitFor();
    expect(visits.standIn.devices.map(({ id }) => id)).to.deep.equal(['wide']);
    expect(await page.locator('#live').textContent()).to.match(/Pixel 8. was revoked/);
  });

  it('moves the focus to the new heading when the focused button disappears', async () => {
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).press('Enter');
    await page.locator('#open-title:focus').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.locator('#cancelled-title:focus').waitFor();
  });

  it('leaves the focus where it is when a device connects', async () => {
    visits.standIn.devices.push(...someDevices());
    const page = await visits.visit();
    await openCode(page);
    await page.getByRole('button', { name: 'Log out' }).focus();
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected');
    expect(await page.evaluate('document.activeElement.id')).to.equal('log-out');
    expect(await page.locator('#live').textContent()).to.match(/^Connected: .Pixel 9/);
  });

  it('spells the code out for screen readers and does not announce every second', async () => {
    const page = await visits.visit();
    await openCode(page);
    expect(await page.locator('#code .visually-hidden').textContent()).to.equal('7 K Q M, V 3 X H, 9 2 T D');
    expect(await page.locator('#open-left').getAttribute('role')).to.equal('timer');
  });

  it('has no animations for users who prefer reduced motion', async () => {
    const page = await visits.visit({ reducedMotion: 'reduce' });
    await openCode(page);
    expect(await page.evaluate('document.getAnimations().length')).to.equal(0);
  });

  it('keeps the QR code dark on white with a quiet zone in dark mode', async () => {
    const page = await visits.visit({ colorScheme: 'dark' });
    await openCode(page);
    const ground = "getComputedStyle(document.querySelector('.qr-ground'))";
    expect(await page.evaluate(`${ground}.backgroundColor`)).to.equal('rgb(255, 255, 255)');
    expect(await page.evaluate(`parseFloat(${ground}.paddingLeft)`)).to.be.at.least(8);
  });

  it('outlines its buttons and fields in forced colors', async () => {
    const page = await visits.visit({ forcedColors: 'active' });
    await openClaim(visits.standIn, page);
    for (const id of ['approve', 'deny', 'match-number']) {
      const style = `getComputedStyle(document.getElementById('${id}'))`;
      expect(await page.evaluate(`${style}.borderTopStyle`), id).to.equal('solid');
      expect(await page.evaluate(`${style}.borderTopColor`), id).not.to.match(/rgba\(.*, 0\)/);
    }
  });
});
