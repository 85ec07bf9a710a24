// P11: codes or secrets of the quick-connect page appear in HTML, addresses, history, storage or the Referer header.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openCode, untilHeading, useVisits } from '../pages/visit.js';

const code = ['7KQM', 'V3XH', '92TD'];
const secret = 'Zm9yIHRlc3Rz';

describe('P11: the quick-connect page', () => {
  const visits = useVisits();

  function expectNone(where: string): void {
    for (const part of [...code, secret]) expect(where).not.to.include(part);
  }

  it('is the same document for all users', async () => {
    const read = async () => (await fetch(`${visits.standIn.mount}/quick-connect`)).text();
    const before = await read();
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.me = { subject: 'grace', display_name: 'Grace Hopper' };
    expect(await read()).to.equal(before);
    expectNone(before);
  });

  it('requests no address with a code or secret', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('a', 'Pixel 9');
    await untilHeading(page, 'Connected');
    expectNone(visits.standIn.requests.join('\n'));
    expectNone(page.url());
  });

  it('stores no code or secret in storage, cookies or history', async () => {
    const page = await visits.visit();
    await openCode(page);
    const kept = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state])',
    );
    expectNone(String(kept));
    expect(await page.context().storageState()).to.deep.equal({ cookies: [], origins: [] });
  });

  it('has the QR secret only in the fragment of the link, and sends no Referer', async () => {
    const page = await visits.visit();
    await openCode(page);
    const link = new URL((await page.locator('#same-device').getAttribute('href')) ?? '');
    expect(`${link.origin}${link.pathname}${link.search}`).to.equal('https://music.example.com/link');
    expect(link.hash).to.include(secret);
    expect(await page.locator('#same-device').getAttribute('rel')).to.equal('noreferrer');
    expect(await page.locator('meta[name=referrer]').getAttribute('content')).to.equal('no-referrer');
  });

  for (const status of ['claimed', 'approved', 'redeemed', 'denied', 'expired', 'burned', 'cancelled'] as const) {
    it(`removes the code, the QR code and the link when the pairing is ${status}`, async () => {
      const page = await visits.visit();
      await openCode(page);
      visits.standIn.become({ status, device: { id: 'a', name: 'Pixel 9' } });
      await page.locator('#panel-open').waitFor({ state: 'hidden' });
      expectNone(await page.content());
      expect(await page.locator('#qr').getAttribute('src')).to.equal(null);
    });
  }
});
