// The page `admin`: finding users, also in a long list.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { until } from '../support/processes.js';
import { aMapping, aUser } from './admin-samples.js';
import { stopClock, useVisits } from './visit.js';

const names = (page: Page) => page.locator('#users-list .row h3 a').allTextContents();
const focused = (page: Page) => page.evaluate('document.activeElement.id || document.activeElement.textContent');

describe('finding users on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const asked = () => visits.standIn.requests.filter((request) => request.startsWith('GET admin/users?'));

  it('shows their names, their state and the first of their roles', async () => {
    visits.standIn.admin.mappings.push(aMapping('staff', ['reader']));
    visits.standIn.admin.users.push(
      aUser('ada', { display_name: 'Ada Lovelace', email: 'ada@example.com', groups: ['staff'] }),
      aUser('linus', { auth_method: 'local', pending: true, disabled: true }),
      aUser('sixty', { granted_roles: Array.from({ length: 60 }, (_, index) => `role-${index}`) }),
    );
    const page = await visits.visit();
    await page.locator('#users-list .row').nth(2).waitFor();
    const rows = await page.locator('#users-list .row').allInnerTexts();
    expect(rows.map((text) => text.trim().split(/\s*\n+\s*/)).map((parts) => parts.slice(0, 4))).to.deep.equal([
      ['Ada Lovelace', 'ada · ada@example.com', 'reader'],
      ['linus', 'Local', 'Waiting for approval', 'Disabled'],
      ['sixty', 'role-0', 'role-1', 'role-10'],
    ]);
    expect(rows[2]).to.match(/and 54 more$/);
  });

  it('searches once when typing pauses, and immediately on Enter', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    await page.locator('#users-list .row').first().waitFor();
    await stopClock(page);
    await page.locator('#users-search').pressSequentially('grace');
    await page.clock.runFor(299);
    expect(asked()).to.deep.equal(['GET admin/users?limit=50']);
    await page.clock.runFor(1);
    await page.locator('#users-list .row', { hasText: 'ada' }).waitFor({ state: 'detached' });
    expect(asked()).to.deep.equal(['GET admin/users?limit=50', 'GET admin/users?search=grace&limit=50']);
    await page.locator('#users-search').fill('ada');
    await page.keyboard.press('Enter');
    await page.locator('#users-list .row', { hasText: 'ada' }).waitFor();
    expect(await page.locator('#live').textContent()).to.match(/^One item shown\./);
    await page.clock.runFor(1000);
    expect(asked()).to.have.length(3);
  });

  it('never lets an older response replace a newer one', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    const release = visits.standIn.hold(/search=ada/);
    const failed = page.waitForEvent('requestfailed');
    await page.locator('#users-search').fill('ada');
    await page.keyboard.press('Enter');
    await page.locator('#users-list[aria-busy]').waitFor();
    await page.locator('#users-search').fill('grace');
    await page.keyboard.press('Enter');
    // Only one request is running: the page has canceled the first.
    expect((await failed).url()).to.match(/search=ada/);
    await page.locator('#users-list .row', { hasText: 'grace' }).waitFor();
    release();
    await page.locator('#users-list:not([aria-busy])').waitFor();
    expect(await names(page)).to.deep.equal(['grace']);
  });

  it('filters by account, state and role', async () => {
    visits.standIn.admin.users.push(
      aUser('ada', { granted_roles: ['editor'] }),
      aUser('linus', { auth_method: 'local' }),
      aUser('paul', { pending: true }),
      aUser('dan', { disabled: true }),
    );
    const page = await visits.visit();
    const expected: readonly [id: string, value: string, found: readonly string[]][] = [
      ['users-method', 'local', ['linus']],
      ['users-method', '', ['ada', 'linus', 'paul', 'dan']],
      ['users-status', 'pending', ['paul']],
      ['users-status', 'disabled', ['dan']],
      ['users-status', 'active', ['ada', 'linus']],
    ];
    for (const [id, value, found] of expected) {
      await page.locator(`#${id}`).selectOption(value);
      await until(`${id} ${value}`, async () => isDeepStrictEqual(await names(page), found));
    }
    await page.locator('#users-role').fill('editor');
    await page.keyboard.press('Enter');
    await page.locator('#users-list .row', { hasText: 'linus' }).waitFor({ state: 'detached' });
    expect(await names(page)).to.deep.equal(['ada']);
    expect(asked().at(-1)).to.equal('GET admin/users?role=editor&disabled=false&pending=false&limit=50');
  });

  it('loads one page of rows at a time, and the next one after the last row', async () => {
    for (let index = 0; index < 120; index += 1) visits.standIn.admin.users.push(aUser(`user-${1000 + index}`));
    const page = await visits.visit();
    await page.getByText('50 items shown. More are available.').first().waitFor();
    const more = page.getByRole('button', { name: 'Show more' });
    await more.press('Enter');
    await page.getByText('100 items shown. More are available.').first().waitFor();
    expect(await focused(page)).to.equal('users-more');
    await more.press('Enter');
    await page.getByText('120 items shown.').first().waitFor();
    expect(await focused(page)).to.equal('user-1100');
    expect(new Set(await names(page)).size).to.equal(120);
    expect(asked()).to.deep.equal([
      'GET admin/users?limit=50',
      'GET admin/users?cursor=50&limit=50',
      'GET admin/users?cursor=100&limit=50',
    ]);
  });

  it('focuses the user’s row again after going back, and shows its current data', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    await page.getByRole('link', { name: 'grace' }).press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(await page.title()).to.equal('Users · Users and roles');
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    await page.goBack();
    await page.locator('#users-view').waitFor();
    await page.locator('#users-list .row', { hasText: 'Disabled' }).waitFor();
    expect(await focused(page)).to.equal('grace');
    expect(asked()).to.have.length(1);
  });
});
