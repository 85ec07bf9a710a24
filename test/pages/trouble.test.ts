// The messages of the quick-connect page after failures and logouts, and how it continues.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { heading, openCode, untilHeading, useVisits } from './visit.js';

describe('failures on the quick-connect page', () => {
  const visits = useVisits({ mount: '/deep/er/auth' });

  it('offers a login that returns to this page if the user is not logged in', async () => {
    visits.standIn.me = undefined;
    const page = await visits.visit();
    expect(await heading(page)).to.equal('You are not logged in');
    expect(await page.getByRole('link', { name: 'Log in' }).getAttribute('href')).to.equal(
      `login?return_to=${encodeURIComponent('/deep/er/auth/quick-connect')}`,
    );
    expect(await page.locator('#devices').isVisible()).to.equal(false);
  });

  it('explains a missing login to a user who comes from the login', async () => {
    visits.standIn.me = undefined;
    const page = await visits.visit();
    await page.goto(`${page.url()}?from=login`);
    await untilHeading(page, 'You are still not logged in');
    const card = String(await page.locator('#panel-cookie-lost').textContent());
    expect(card)
      .to.match(/blocks cookies/)
      .and.not.match(/trust proxy|HTTPS/);
    expect(await page.locator('#panel-login').isVisible()).to.equal(false);
  });

  it('does not show the user as logged out if the proxy’s login continues', async () => {
    visits.standIn.proxyLogin = true;
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Log out' }).click();
    await untilHeading(page, 'You are not logged out yet');
    expect(await page.locator('#panel-logged-out').isVisible()).to.equal(false);
  });

  it('treats a redirect to the proxy’s login page as the end of the login, not as a network error', async () => {
    const page = await visits.visit();
    visits.standIn.refuse(/^POST pairings$/, 302);
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await untilHeading(page, 'You are not logged in');
  });

  it('clears all data about the user when the login ends', async () => {
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

  it('cancels and clears an open code at logout', async () => {
    const page = await visits.visit();
    await openCode(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await untilHeading(page, 'You are logged out');
    const left = String(await page.evaluate('document.documentElement.innerHTML'));
    for (const word of ['Ada', '7KQM', 'Zm9yIHRlc3Rz']) expect(left).not.to.include(word);
    expect(await page.evaluate('history.state')).to.equal(null);
    expect(visits.standIn.pairing.status).to.equal('cancelled');
  });

  it('says that the server is unavailable, and works again afterwards', async () => {
    visits.standIn.refuse(/^POST pairings$/, 503);
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('The server cannot do this right now').waitFor();
    visits.standIn.allow();
    await openCode(page);
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('offers a retry if the request for the user failed', async () => {
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

  it('retries a logout that failed just before the network loss was noticed', async () => {
    const page = await visits.visit();
    await page.route(/logout$/, (route) => route.abort(), { times: 1 });
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You seem to be offline').waitFor();
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))");
    await untilHeading(page, 'You are logged out');
  });

  it('does not mention open codes if a server in between throttles', async () => {
    visits.standIn.refuse(/^POST pairings$/, 429, 'Too Many Requests', undefined, 30);
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('Too many attempts. Try again in 30 seconds.').waitFor();
  });

  it('shows the server’s reason for a refusal', async () => {
    visits.standIn.refuse(/^POST pairings$/, 403, 'This account is disabled');
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('The server refused the request: This account is disabled.').waitFor();
  });

  it('says that it is offline, keeps the code, and continues when the network is back', async () => {
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

  it('says that the code no longer exists when the server has no such pairing', async () => {
    const page = await visits.visit();
    await openCode(page);
    visits.standIn.refuse(/^GET pairings/, 404);
    visits.standIn.drop();
    await untilHeading(page, 'This code no longer exists');
  });

  it('shows the code if the QR code cannot be loaded', async () => {
    visits.standIn.refuse(/qr\.svg$/, 503);
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('Could not load the QR code').waitFor();
    expect(await page.locator('#code').isVisible()).to.equal(true);
  });
});
