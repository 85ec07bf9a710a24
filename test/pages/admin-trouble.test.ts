// The page `admin` after failures and logouts: it keeps the user's input, and clears data from the server.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, aUser } from './admin-samples.js';
import { useVisits } from './visit.js';

describe('failures on the page admin', () => {
  const visits = useVisits({ name: 'admin' });

  async function type(page: Page): Promise<void> {
    await page.locator('#users-search').fill('a');
    await page.getByRole('link', { name: 'Group mappings' }).click();
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('choir');
    await page.locator('#mapping-roles').fill('singer');
    await page.locator('#preview:not([aria-busy])', { hasText: 'The roles of all users' }).waitFor();
  }

  async function open(): Promise<Page> {
    visits.standIn.admin.users.push(aUser('ada', { email: 'ada@example.com' }));
    visits.standIn.admin.mappings.push(aMapping('staff', ['reader']));
    return visits.visit();
  }

  const shown = (page: Page) => page.locator('main').textContent();

  it('clears its data when the login has ended, and restores the input', async () => {
    const page = await open();
    await type(page);
    visits.standIn.refuse(/./, 302);
    await page.locator('#mapping-save').click();
    await page.locator('#login-title:focus').waitFor();
    await page.getByText('What you typed is still here').waitFor();
    expect(await shown(page)).not.to.match(/ada@|staff|reader/);
    expect(await page.locator('#who').isVisible()).to.equal(false);
    const login = page.getByRole('link', { name: 'Log in' });
    expect(await login.getAttribute('target')).to.equal('_blank');
    expect(await login.getAttribute('href')).to.equal('login?return_to=%2Fauth%2Fadmin');

    visits.standIn.allow();
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await page.locator('#groups-title').waitFor();
    expect(await page.locator('#mapping-group').inputValue()).to.equal('choir');
    expect(await page.locator('#mapping-roles').inputValue()).to.equal('singer');
    await page.locator('#mapping-save').click();
    await page.locator('tr[data-group="choir"]').waitFor();
  });

  it('keeps a role that was typed for a user, for that user only', async () => {
    const page = await open();
    await page.locator('#users-list a').click();
    await page.locator('#add-role-name').fill('editor');
    visits.standIn.refuse(/./, 302);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.locator('#panel-login').waitFor();
    expect(await shown(page)).not.to.include('ada@');
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.locator('#user-known').waitFor();
    expect(await page.locator('#add-role-name').inputValue()).to.equal('editor');
    visits.standIn.admin.users.push(aUser('grace'));
    await page.evaluate("location.hash = 'users/id-grace'");
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    expect(await page.locator('#add-role-name').inputValue()).to.equal('');
  });

  it('does not restore the input of another person', async () => {
    const page = await open();
    await type(page);
    const { me } = visits.standIn;
    visits.standIn.me = undefined;
    await page.locator('#mapping-save').click();
    await page.locator('#panel-login').waitFor();
    visits.standIn.me = { ...me, subject: 'grace', display_name: 'Grace Hopper' };
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByText('Logged in as Grace Hopper').waitFor();
    expect(await page.locator('#mapping').isVisible()).to.equal(false);
    for (const id of ['mapping-group', 'mapping-roles', 'users-search']) {
      expect(await page.locator(`#${id}`).inputValue(), id).to.equal('');
    }
  });

  it('says that the administrator role is missing, and continues when it is back', async () => {
    const page = await open();
    await type(page);
    visits.standIn.refuse(/admin\//, 403, 'The role is missing', 'ERR_ROLE_REQUIRED');
    await page.getByRole('link', { name: 'Users' }).click();
    await page.locator('#user-view').waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.locator('#panel-forbidden').waitFor();
    expect(await shown(page)).not.to.match(/ada@|staff|reader/);
    visits.standIn.allow();
    await page.locator('#panel-forbidden').getByRole('button', { name: 'Try again' }).click();
    await page.locator('#section-devices').waitFor();
    await page.getByRole('link', { name: 'Group mappings' }).click();
    expect(await page.locator('#mapping-group').inputValue()).to.equal('choir');
  });

  it('says that it is offline, keeps the input, and continues when the network is back', async () => {
    const page = await open();
    await type(page);
    await page.context().setOffline(true);
    await page.getByText('You seem to be offline').waitFor();
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('You seem to be offline').waitFor();
    await page.context().setOffline(false);
    await page.locator('tr[data-group="choir"]').waitFor();
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('retries a request that failed just before the network loss was noticed', async () => {
    const page = await open();
    await page.getByRole('link', { name: 'ada' }).click();
    await page.locator('#user-known').waitFor();
    await page.route(/users\/id-ada$/, (route) => route.abort(), { times: 1 });
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('alert').getByText('You seem to be offline').waitFor();
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('offline'))");
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    expect(await page.locator('#notice').isVisible()).to.equal(false);
    expect(visits.standIn.requests.filter((request) => request.startsWith('PATCH'))).to.have.length(1);
  });

  it('says that the server is unavailable, and retries on request', async () => {
    visits.standIn.refuse(/^GET admin\/(users|group-roles)/, 503);
    const page = await open();
    await page.getByRole('alert').getByText('The server cannot do this').waitFor();
    await page.locator('#users-state', { hasText: 'Could not load this.' }).waitFor();
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('#users-list .row').waitFor();
    await page.locator('#notice').waitFor({ state: 'hidden' });
  });

  it('clears all data and input at logout', async () => {
    const page = await open();
    await type(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#logged-out-title:focus').waitFor();
    expect(await shown(page)).not.to.match(/ada@|staff|reader/);
    for (const id of ['mapping-group', 'users-search']) expect(await page.locator(`#${id}`).inputValue()).to.equal('');
    expect(await page.getByRole('link', { name: 'Log in' }).getAttribute('target')).to.equal('');
  });

  it('says after a logout that the proxy’s login continues, and explains a missing login after the login', async () => {
    visits.standIn.proxyLogin = true;
    const page = await open();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#still-in-title:focus').waitFor();
    visits.standIn.me = undefined;
    await page.goto(`${page.url().split('#')[0]}?from=login`);
    await page.locator('#panel-cookie-lost').waitFor();
    expect(await page.locator('#sections').isVisible()).to.equal(false);
  });

  it('says that the user is not logged in, and links to the login', async () => {
    visits.standIn.me = undefined;
    const page = await visits.visit({ until: '#panel-login' });
    expect(await page.locator('#sections').isVisible()).to.equal(false);
    expect(await page.locator('#login-again').isVisible()).to.equal(false);
    expect(visits.standIn.requests.some((request) => /^\w+ admin\//.test(request))).to.equal(false);
  });
});
