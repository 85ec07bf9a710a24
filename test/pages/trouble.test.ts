// What people read when something is in the way, and how it goes on afterwards.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { heading, openCode, untilHeading, useVisits } from './visit.js';

describe('trouble on the quick-connect page', () => {
  const visits = useVisits({ mount: '/deep/er/auth' });

  it('offers to log in where nobody is logged in, and comes back to this page', async () => {
    visits.standIn.me = undefined;
    const page = await visits.visit();
    expect(await heading(page)).to.equal('You are not logged in');
    expect(await page.getByRole('link', { name: 'Log in' }).getAttribute('href')).to.equal(
      `login?return_to=${encodeURIComponent('/deep/er/auth/quick-connect')}`,
    );
    expect(await page.locator('#devices').isVisible()).to.equal(false);
  });

  it('says why nobody is logged in who comes straight from the login', async () => {
    visits.standIn.me = undefined;
    const page = await visits.visit();
    await page.goto(`${page.url()}?from=login`);
    await untilHeading(page, 'Your login did not reach this page');
    const card = String(await page.locator('#panel-cookie-lost').textContent());
    expect(card)
      .to.match(/blocks cookies/)
      .and.not.match(/trust proxy|HTTPS/);
    expect(await page.locator('#panel-login').isVisible()).to.equal(false);
  });

  it('does not say that a person is logged out whom the proxy logs in again', async () => {
    visits.standIn.proxyLogin = true;
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Log out' }).click();
    await untilHeading(page, 'You are not logged out yet');
    expect(await page.locator('#panel-logged-out').isVisible()).to.equal(false);
  });

  it('takes a redirect to the login page of the proxy for the end of the login, not for a broken network', async () => {
    const page = await visits.visit();
    visits.standIn.refuse(/^POST pairings$/, 302);
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await untilHeading(page, 'You are not logged in');
  });

  it('forgets everything about the person when the login ends', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.redeem('new', 'Pixel 9');
    await page.locator('.device-name', { hasText: 'Pixel 9' }).waitFor();
    visits.standIn.me = undefined;
    await page.getByRole('button', { name: 'Connect another device' }).click();
    await untilHeading(page, 'You are not logged in');
    const left = String(await page.evaluate('document.documentElement.innerHTML'));
    for (const word of ['Ada', 'Pixel 9', '7KQM']) expect(left).not.to.include(word);
  });

  it('cancels and forgets a code that is still open when the person logs out', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await untilHeading(page, 'You are logged out');
    const left = String(await page.evaluate('document.documentElement.innerHTML'));
    for (const word of ['Ada', '7KQM', 'Zm9yIHRlc3Rz']) expect(left).not.to.include(word);
    expect(await page.evaluate('history.state')).to.equal(null);
    expect(visits.standIn.pairing.status).to.equal('cancelled');
  });

  it('says that the server cannot do it now, and works again afterwards', async () => {
    visits.standIn.refuse(/^POST pairings$/, 503);
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('The server cannot do this right now').waitFor();
    visits.standIn.allow();
    await openCode(page);
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('tries again where looking up the person failed', async () => {
    visits.standIn.refuse(/^GET me$/, 503);
    const page = await visits.visit({ until: '#notice' });
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).click();
    await untilHeading(page, 'How it works');
  });

  it('says that there are too many open codes', async () => {
    visits.standIn.refuse(/^POST pairings$/, 429, 'Too many open pairings', 'ERR_PAIRING_LIMIT');
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('You have too many open codes').waitFor();
  });

  it('logs out, when the network is back, whoever wanted to just before it was noticed to be gone', async () => {
    const page = await visits.visit();
    await page.route(/logout$/, (route) => route.abort(), { times: 1 });
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You seem to be offline').waitFor();
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))");
    await untilHeading(page, 'You are logged out');
  });

  it('does not blame open codes for what somebody else on the way throttles', async () => {
    visits.standIn.refuse(/^POST pairings$/, 429, 'Too Many Requests', undefined, 30);
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('Too many attempts. Try again in 30 seconds.').waitFor();
  });

  it('passes on why the server refused', async () => {
    visits.standIn.refuse(/^POST pairings$/, 403, 'This account is disabled');
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('The server refused this: This account is disabled.').waitFor();
  });

  it('says that it is offline, keeps the code, and goes on by itself', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.context().setOffline(true);
    await page.getByText('You seem to be offline').waitFor();
    expect(await heading(page)).to.equal('Scan or type this code');
    await page.context().setOffline(false);
    await page.locator('#notice').waitFor({ state: 'hidden' });
    visits.standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected');
  });

  it('says that the code is gone when the server has forgotten the pairing', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.refuse(/^GET pairings/, 404);
    visits.standIn.drop();
    await untilHeading(page, 'This code no longer exists');
  });

  it('lets the code be typed where the QR cannot be had', async () => {
    visits.standIn.refuse(/qr\.svg$/, 503);
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('Could not load the QR code').waitFor();
    expect(await page.locator('#code').isVisible()).to.equal(true);
  });
});
