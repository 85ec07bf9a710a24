// The page `admin` when something is amiss. What was typed survives; what came from the server does not.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, aUser } from './admin-samples.js';
import { useVisits } from './visit.js';

describe('trouble on the page admin', () => {
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

  it('takes away what was shown when the login has ended, and brings back what was typed', async () => {
    const page = await open();
    await type(page);
    visits.standIn.refuse(/./, 302);
    await page.locator('#mapping-save').click();
    await page.locator('#login-title:focus').waitFor();
    await page.getByText('what you typed is still here').waitFor();
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

  it('keeps the role that was typed for a user, for that user', async () => {
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

  it('brings back nothing of what another person has typed', async () => {
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

  it('says so when the role is missing, and goes on when it is back', async () => {
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

  it('says that it is offline, keeps what was typed, and goes on by itself', async () => {
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

  it('carries out, when the network is back, what was asked for just before it was noticed to be gone', async () => {
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

  it('says that the server cannot do it now, and tries again when asked to', async () => {
    visits.standIn.refuse(/^GET admin\/(users|group-roles)/, 503);
    const page = await open();
    await page.getByRole('alert').getByText('The server cannot do this').waitFor();
    await page.locator('#users-state', { hasText: 'Could not load this.' }).waitFor();
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('#users-list .row').waitFor();
    await page.locator('#notice').waitFor({ state: 'hidden' });
  });

  it('leaves nothing behind at log-out', async () => {
    const page = await open();
    await type(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#logged-out-title:focus').waitFor();
    expect(await shown(page)).not.to.match(/ada@|staff|reader/);
    for (const id of ['mapping-group', 'users-search']) expect(await page.locator(`#${id}`).inputValue()).to.equal('');
    expect(await page.getByRole('link', { name: 'Log in' }).getAttribute('target')).to.equal('');
  });

  it('says why nobody is logged in who comes straight from the login, and that the proxy’s login goes on', async () => {
    visits.standIn.proxyLogin = true;
    const page = await open();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#still-in-title:focus').waitFor();
    visits.standIn.me = undefined;
    await page.goto(`${page.url().split('#')[0]}?from=login`);
    await page.locator('#panel-cookie-lost').waitFor();
    expect(await page.locator('#sections').isVisible()).to.equal(false);
  });

  it('says that nobody is logged in, and leads to the login', async () => {
    visits.standIn.me = undefined;
    const page = await visits.visit({ until: '#panel-login' });
    expect(await page.locator('#sections').isVisible()).to.equal(false);
    expect(await page.locator('#login-again').isVisible()).to.equal(false);
    expect(visits.standIn.requests.some((request) => /^\w+ admin\//.test(request))).to.equal(false);
  });
});
