// The pages in Arabic, from right to left, and with the texts and styles of the host.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { pageTexts } from '../../src/pages/texts/languages.js';
import { device } from './samples.js';
import { enterWrongNumbers } from './states.js';
import { lookUp, openClaim, openCode, untilHeading, useVisits } from './visit.js';

const { ar } = pageTexts;
const arabic = { locale: 'ar', timezoneId: 'Europe/Paris' } as const;

/** The horizontal position of this element's text. */
function place(page: Page, selector: string): Promise<{ left: number; right: number }> {
  return page.evaluate(`(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector('${selector}'));
    const { left, right } = range.getBoundingClientRect();
    return { left, right };
  })()`);
}

describe('the pages in Arabic', () => {
  const visits = useVisits();

  it('declare their language, and run from right to left', async () => {
    const page = await visits.visit(arabic);
    expect(await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')).to.deep.equal([
      'ar',
      'rtl',
    ]);
    expect(await page.title()).to.equal(ar.title);
    const [brand, out] = [await place(page, '.brand span'), await place(page, '#log-out')];
    expect(brand.left).to.be.above(out.right);
  });

  it('keep the code from left to right, aligned to the right', async () => {
    const page = await visits.visit({ ...arabic, viewport: { width: 1100, height: 800 } });
    await openCode(page);
    const groups = page.locator('.code-groups bdi');
    const [first, last] = [await groups.first().boundingBox(), await groups.last().boundingBox()];
    expect(first?.x).to.be.below(last?.x ?? 0);
    expect((await place(page, '#code-label')).right).to.be.closeTo((last?.x ?? 0) + (last?.width ?? 0), 6);
    expect(await page.locator('#code-rotates').textContent()).to.match(/^رمز جديد بعد 0:4\d$/);
  });

  it('keep the address and the number of a claiming device from left to right', async () => {
    const page = await visits.visit(arabic);
    await openClaim(visits.standIn, page);
    await untilHeading(page, ar.claimTitle);
    expect(await page.locator('#claim-address').getAttribute('dir')).to.equal('ltr');
    expect(await page.locator('#match-number').getAttribute('dir')).to.equal('ltr');
    expect(await page.locator('#claim-age').textContent()).to.equal('قبل 12 ثانية');
  });

  it('use the Arabic plural forms for the tries left', async () => {
    const page = await visits.visit(arabic);
    await openClaim(visits.standIn, page);
    await enterWrongNumbers(page, ['41']);
    await page.getByRole('alert').getByText('بقيت محاولتان.').waitFor();
    await enterWrongNumbers(page, ['43']);
    await page.getByRole('alert').getByText('بقيت محاولة واحدة.').waitFor();
  });

  it('accept the number in Arabic digits', async () => {
    const page = await visits.visit(arabic);
    await openClaim(visits.standIn, page);
    await page.locator('#match-number').fill('٤٢');
    await page.getByRole('button', { name: ar.approve }).click();
    await page.locator('#panel-approved').waitFor();
    expect(visits.standIn.bodies.at(-1)).to.deep.equal({ match_number: '42' });
  });

  it('show dates and periods in Arabic, with the same digits as in codes', async () => {
    const used = new Date(Date.now() - 300_000).toISOString();
    visits.standIn.devices.push(device('a', 'Pixel 8', { last_used_at: used, last_address: '2001:db8::7' }));
    const page = await visits.visit(arabic);
    await page.locator('.device').waitFor();
    const [text] = await page.locator('.device-text').allInnerTexts();
    expect(text?.trim().split(/\n+/)).to.deep.equal([
      'Pixel 8',
      'koel-player',
      'آخر استخدام قبل 5 دقائق من 2001:db8::7',
      'رُبط برمز QR في 3 نوفمبر 2026 · تنتهي صلاحيته في 3 نوفمبر 2099',
    ]);
  });

  it('ask about a device with its code from left to right', async () => {
    const page = await visits.visit({ ...arabic, name: 'activate' });
    await lookUp(visits.standIn, page);
    expect(await page.locator('#decide-text bdi').textContent()).to.equal('WDJB-MJHT');
    expect(await page.locator('#decide-text').textContent()).to.equal(ar.decideText.replace('{code}', 'WDJB-MJHT'));
    visits.standIn.refuse(/verification$/, 429, 'Too many attempts', 'ERR_THROTTLED', 571);
    await page.getByRole('button', { name: ar.deny }).click();
    await page.getByText('حاول مجددًا بعد 10 دقائق.').waitFor();
  });
});

describe('the pages with the texts and styles of the host', () => {
  const own = { ...pageTexts.en, language: 'de', title: 'Gerät verbinden', brand: '</script><b>Fönn</b>' };
  const visits = useVisits({ pages: { languages: [own, 'ar'], stylesheet: '/brand.css' } });

  it('insert the texts of the host as text', async () => {
    const page = await visits.visit({ locale: 'fr' });
    expect(await page.evaluate('document.documentElement.lang')).to.equal('de');
    expect(await page.title()).to.equal('Gerät verbinden');
    expect(await page.locator('.brand').textContent()).to.equal('</script><b>Fönn</b>');
  });

  it('load the host’s style sheet after their own', async () => {
    visits.standIn.stylesheet = ':root { --latchkey-accent: rgb(1 2 3); --latchkey-radius: 0; }';
    const page = await visits.visit({ name: 'activate' });
    expect(await page.evaluate(`getComputedStyle(document.getElementById('continue')).backgroundColor`)).to.equal(
      'rgb(1, 2, 3)',
    );
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.card')).borderRadius`)).to.equal('0px');
  });
});
