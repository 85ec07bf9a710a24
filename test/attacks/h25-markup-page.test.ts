// H25: names from users and apps contain markup or direction characters. The quick-connect page shows them as text, in
// their own place.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aClaim, device } from '../pages/samples.js';
import { lookUp, openCode, untilHeading, useVisits } from '../pages/visit.js';

const markup = [
  '<script>document.title = "owned"</script>',
  '<img src=x onerror="document.title = \'owned\'">',
  '"><svg onload="document.title = \'owned\'">',
  '{name} & {reason} <b>bold</b>',
  '__proto__',
];
// An override, and an isolate without an end, which would hide the end of a bdi.
const turned = 'a\u202e\u2067gpj.exe';
const wide = '\u{1242b}'.repeat(64);

describe('H25: hostile names on the quick-connect page', () => {
  const visits = useVisits();

  for (const name of markup) {
    it(`shows ${JSON.stringify(name)} as text wherever a name appears`, async () => {
      visits.standIn.me = { subject: name, display_name: name };
      visits.standIn.devices.push(device('a', name, { client_id: name }));
      const page = await visits.visit();
      const elements = await count(page);
      await page.locator('.device').waitFor();
      expect(await page.locator('#who-name bdi').textContent()).to.equal(name);
      expect(await page.locator('.device-name').textContent()).to.equal(name);
      expect(await page.locator('.device-app').textContent()).to.equal(name);

      await page.locator('[data-action=revoke]').click();
      expect(await page.locator('#confirm-title').textContent()).to.equal(`Revoke ${name}?`);
      await page.keyboard.press('Escape');
      await openCode(page);
      visits.standIn.redeem('b', name);
      await untilHeading(page, 'Connected');
      expect(await page.locator('#connected-title').textContent()).to.equal(`Connected: ${name}`);

      expect(await page.title()).to.equal('Connect a device');
      expect(await count(page)).to.deep.equal(elements);
    });
  }

  for (const name of markup) {
    it(`shows ${JSON.stringify(name)} as text in the approval question`, async () => {
      const page = await visits.visit();
      const elements = await count(page);
      await openCode(page);
      const claim = { device_name: name, client_id: name, app_version: name, platform: name, address: name };
      visits.standIn.claim(claim);
      await untilHeading(page, 'Is this your device?');
      expect(await page.locator('#panel-claimed dd').allTextContents()).to.deep.equal([
        name,
        `${name} ${name}`,
        name,
        name,
        '12 seconds ago',
      ]);
      visits.standIn.become({ status: 'approved' });
      await untilHeading(page, 'Approved');
      expect(await page.locator('#approved-title bdi').textContent()).to.equal(name);
      expect(await count(page)).to.deep.equal(elements);
    });
  }

  it('removes direction characters from a device’s information about itself', async () => {
    const page = await visits.visit({ name: 'activate' });
    await lookUp(visits.standIn, page);
    await page.locator('#panel-decide [data-connect]').click();
    visits.standIn.userCodes.set('WDJBMJHT', aClaim({ device_name: turned, client_id: turned, platform: turned }));
    await page.locator('#user-code').fill('wdjb mjht');
    await page.keyboard.press('Enter');
    await page.locator('#panel-decide').waitFor();
    expect((await page.locator('#panel-decide dd').allTextContents()).slice(0, 3)).to.deep.equal([
      'agpj.exe',
      'agpj.exe 4.2.0',
      'agpj.exe',
    ]);
  });

  it('keeps the words beside a name in their place if the name changes the writing direction', async () => {
    visits.standIn.devices.push(device('a', turned));
    const page = await visits.visit();
    await page.locator('[data-action=revoke]').click();
    expect(await page.locator('#confirm-title').textContent()).to.equal('Revoke agpj.exe?');
    // The real positions of the name and the question mark, from left to right.
    const right = (node: string) =>
      page.evaluate(`(() => {
        const range = document.createRange();
        range.selectNodeContents(document.getElementById('confirm-title').${node});
        return range.getBoundingClientRect().right;
      })()`);
    const [name, mark] = [Number(await right('children[0]')), Number(await right('lastChild'))];
    expect(mark).to.be.above(name);
    expect(await page.locator('[data-action=revoke]').getAttribute('aria-label')).to.equal(
      'Revoke \u2068agpj.exe\u2069',
    );
  });

  it('wraps 64 wide characters, so that the buttons stay on a small screen', async () => {
    visits.standIn.me = { subject: wide };
    visits.standIn.devices.push(device('a', wide, { client_id: wide }), device('b', wide));
    const page = await visits.visit({ viewport: { width: 320, height: 640 } });
    await page.locator('.device').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(320);
    for (const button of await page.locator('.device button, #log-out').all()) {
      const box = await button.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 321)).to.be.at.most(320);
    }
  });

  it('serves documents without names, which only scripts insert, as text', async () => {
    visits.standIn.me = { subject: 'mallory', display_name: markup[0] };
    const html = await (await fetch(`${visits.standIn.mount}/quick-connect`)).text();
    expect(html).not.to.include('owned');
  });
});

/** Counts the elements that a name must never create. */
function count(page: Page): Promise<unknown> {
  return page.evaluate(`['script', 'img', 'b', 'iframe'].map((name) => document.querySelectorAll(name).length)`);
}
