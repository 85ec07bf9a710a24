// Accessibility of the page `admin`: contrast, names, landmarks, small screens, keyboard, motion.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { adminTexts } from '../../src/pages/texts/languages.js';
import { adminStates, goTo, populate } from './admin-states.js';
import { loadAxe, overflowingElements, violations, violationsOfLook } from './axe.js';
import { useVisits } from './visit.js';

const small = { width: 320, height: 640 };
const large = { width: 1280, height: 900 };

for (const locale of ['en-US', 'ar']) {
  describe(`accessibility of the page admin, ${locale}`, () => {
    const visits = useVisits({ name: 'admin' });
    const look = locale === 'ar' ? violationsOfLook : violations;

    for (const [run, states] of Object.entries(adminStates)) {
      it(`has enough contrast, labels its elements and fits the screen, light and dark: ${run}`, async () => {
        populate(visits.standIn);
        visits.standIn.me = { subject: 'ada', display_name: 'L'.repeat(64) };
        const page = await visits.visit({ locale, viewport: small, reducedMotion: 'reduce' });
        await loadAxe(page);
        for (const [state, reach] of Object.entries(states)) {
          await reach(page, visits.standIn);
          expect(await overflowingElements(page), state).to.deep.equal([]);
          expect(await look(page), `${state}, light`).to.deep.equal([]);
          await page.emulateMedia({ colorScheme: 'dark' });
          await page.setViewportSize(large);
          expect(await violationsOfLook(page), `${state}, dark`).to.deep.equal([]);
          await page.emulateMedia({ colorScheme: 'light' });
          await page.setViewportSize(small);
        }
      });
    }
  });
}

describe('navigation on the page admin', () => {
  const visits = useVisits({ name: 'admin' });

  it('updates address, title and focus with each link and with the browser’s back button', async () => {
    const page = await visits.visit({ address: '#nowhere' });
    expect(await page.title()).to.equal('Users · Users and roles');
    const current = () => page.locator('nav [aria-current=page]').textContent();
    for (const [link, name] of [
      ['Group mappings', 'groups'],
      ['Devices', 'devices'],
      ['Audit trail', 'audit'],
      ['Explain', 'explain'],
    ] as const) {
      await page.getByRole('link', { name: link }).press('Enter');
      await page.locator(`#${name}-title:focus`).waitFor();
      expect(await page.title()).to.equal(`${link} · Users and roles`);
      expect(await current()).to.equal(link);
      expect(await page.locator('#sections > section:visible').count()).to.equal(1);
    }
    await page.goBack();
    await page.locator('#audit-title:focus').waitFor();
    expect(new URL(page.url()).hash).to.equal('#audit');
    await page.reload();
    await page.locator('#section-audit').waitFor();
    expect(await current()).to.equal('Audit trail');
  });

  it('has no animations for users who prefer reduced motion, and outlines its fields in forced colors', async () => {
    const page = await visits.visit({ reducedMotion: 'reduce', forcedColors: 'active', address: '#groups' });
    await page.locator('#map-group').click();
    expect(await page.evaluate('document.getAnimations().length')).to.equal(0);
    for (const id of ['map-group', 'mapping-group', 'mapping-roles', 'mapping-save']) {
      const style = `getComputedStyle(document.getElementById('${id}'))`;
      expect(await page.evaluate(`${style}.borderTopColor`), id).not.to.match(/rgba\(.*, 0\)/);
    }
    await goTo(page, 'users/none');
    await page.locator('#users-view').waitFor();
  });

  it('runs from right to left in Arabic', async () => {
    const page = await visits.visit({ locale: 'ar' });
    expect(await page.title()).to.equal(`${adminTexts.ar.users} · ${adminTexts.ar.title}`);
    expect(await page.evaluate('document.documentElement.dir')).to.equal('rtl');
    const [first, last] = [
      await page.locator('#to-users').boundingBox(),
      await page.locator('#to-explain').boundingBox(),
    ];
    expect(first?.x).to.be.above(last?.x ?? 0);
  });
});
