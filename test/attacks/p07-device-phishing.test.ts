// P7: an attacker starts the login of a device, and sends its code or a link with the code to a victim (RFC 8628 §5.4).
// Nothing happens before the user has seen the device and approved it.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { expectEqualLook } from '../pages/choices.js';
import { aClaim } from '../pages/samples.js';
import { lookUp, untilHeading, useVisits } from '../pages/visit.js';

describe('P7: a code from an attacker', () => {
  const visits = useVisits({ name: 'activate' });
  const actions = () => visits.standIn.bodies.map(({ action }) => action);

  for (const address of ['?user_code=WDJB-MJHT', '#code=WDJB-MJHT', '?user_code=wdjbmjht#code=']) {
    it(`is only put into the field by a link with ${address}`, async () => {
      visits.standIn.userCodes.set('WDJBMJHT', aClaim());
      const page = await visits.visit({ address });
      await untilHeading(page, 'Which code does your device show?');
      await page.locator('.hint', { hasText: 'No device is connected yet.' }).waitFor();
      expect(actions()).to.deep.equal([]);
    });
  }

  it('has no effect when it is looked up, and the question shows a warning', async () => {
    const page = await visits.visit();
    await lookUp(visits.standIn, page);
    expect(actions()).to.deep.equal(['lookup']);
    const asked = await page.locator('#panel-decide').textContent();
    for (const fact of ['WDJB-MJHT', 'Living room', 'koel-player 4.2.0', 'tvOS 19', '198.51.100.7']) {
      expect(asked).to.include(fact);
    }
    expect(asked).to.include('Did someone send you this code? Choose Deny.');
    expect(asked).to.include('Approve only a device that is in front of you and shows exactly this code.');
    await expectEqualLook(page);
  });

  it('does not stay in the address, history or storage', async () => {
    const page = await visits.visit({ address: '?user_code=WDJB-MJHT' });
    expect(new URL(page.url()).search).to.equal('');
    const kept = await page.evaluate(
      'JSON.stringify([location.href, history.state, { ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(String(kept)).not.to.match(/WDJB/);
  });

  it('is put into the field as letters, whatever the link contains', async () => {
    const page = await visits.visit({ address: '#code=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E' });
    expect(await page.locator('#user-code').inputValue()).to.equal('IMGS-RCXO');
    expect(await page.locator('img[src=x]').count()).to.equal(0);
  });
});
