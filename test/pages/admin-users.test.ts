// test/pages: the page `admin`: finding users, and changing one of them.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, aUser, configured, owned } from './admin-samples.js';
import { useVisits } from './visit.js';

const names = (page: Page) => page.locator('#users-list .row h3 a').allTextContents();
const focused = (page: Page) => page.evaluate('document.activeElement.id || document.activeElement.textContent');
const notice = (page: Page, text: string) => page.getByRole('alert').getByText(text).waitFor();

describe('finding users on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const asked = () => visits.standIn.requests.filter((request) => request.startsWith('GET admin/users?'));

  it('says who they are, what state they are in, and the first of their roles', async () => {
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

  it('asks once for what was typed, when the typing has paused, and at once on Enter', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    await page.locator('#users-list .row').first().waitFor();
    await page.clock.install();
    await page.locator('#users-search').pressSequentially('grace');
    await page.clock.runFor(299);
    expect(asked()).to.deep.equal(['GET admin/users?limit=50']);
    await page.clock.runFor(1);
    await page.locator('#users-list .row', { hasText: 'ada' }).waitFor({ state: 'detached' });
    expect(asked()).to.deep.equal(['GET admin/users?limit=50', 'GET admin/users?search=grace&limit=50']);
    await page.locator('#users-search').fill('ada');
    await page.keyboard.press('Enter');
    await page.locator('#users-list .row', { hasText: 'ada' }).waitFor();
    expect(await page.locator('#live').textContent()).to.match(/^One shown\./);
    await page.clock.runFor(1000);
    expect(asked()).to.have.length(3);
  });

  it('never lets an older answer replace a newer one', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    const release = visits.standIn.hold(/search=ada/);
    const failed = page.waitForEvent('requestfailed');
    await page.locator('#users-search').fill('ada');
    await page.keyboard.press('Enter');
    await page.locator('#users-list[aria-busy]').waitFor();
    await page.locator('#users-search').fill('grace');
    await page.keyboard.press('Enter');
    // Only one is under way: the first was called off.
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
      ['users-standing', 'pending', ['paul']],
      ['users-standing', 'disabled', ['dan']],
      ['users-standing', 'active', ['ada', 'linus']],
    ];
    for (const [id, value, found] of expected) {
      const answer = page.waitForResponse(/admin\/users\?/);
      await page.locator(`#${id}`).selectOption(value);
      await answer;
      await page.locator('#users-list:not([aria-busy])').waitFor();
      expect(await names(page), `${id} ${value}`).to.deep.equal(found);
    }
    await page.locator('#users-role').fill('editor');
    await page.keyboard.press('Enter');
    await page.locator('#users-list .row', { hasText: 'linus' }).waitFor({ state: 'detached' });
    expect(await names(page)).to.deep.equal(['ada']);
    expect(asked().at(-1)).to.equal('GET admin/users?role=editor&disabled=false&pending=false&limit=50');
  });

  it('loads no more than it shows, and goes on where the rows end', async () => {
    for (let index = 0; index < 120; index += 1) visits.standIn.admin.users.push(aUser(`user-${1000 + index}`));
    const page = await visits.visit();
    await page.getByText('50 shown, and there are more.').first().waitFor();
    const more = page.getByRole('button', { name: 'Show more' });
    await more.press('Enter');
    await page.getByText('100 shown, and there are more.').first().waitFor();
    expect(await focused(page)).to.equal('users-more');
    await more.press('Enter');
    await page.getByText('120 shown.').first().waitFor();
    expect(await focused(page)).to.equal('user-1100');
    expect(new Set(await names(page)).size).to.equal(120);
    expect(asked()).to.deep.equal([
      'GET admin/users?limit=50',
      'GET admin/users?cursor=50&limit=50',
      'GET admin/users?cursor=100&limit=50',
    ]);
  });

  it('comes back from a user to the place where it was, with the row as it is now', async () => {
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

describe('one user on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const changes = () => visits.standIn.requests.filter((request) => /^(PATCH|DELETE) admin\/users/.test(request));
  const ada = () => visits.standIn.admin.users[0] as ReturnType<typeof aUser>;
  const visitAda = () => visits.visit({ address: '#users/id-ada', until: '#user-known' });
  const granted = (page: Page) => page.locator('#user-granted .chip').allTextContents();

  async function give(page: Page, role: string): Promise<void> {
    await page.locator('#grant-role').fill(role);
    await page.keyboard.press('Enter');
  }

  it('says which roles come from which groups, and which were given by hand', async () => {
    const { admin } = visits.standIn;
    admin.mappings.push(
      configured('admins', ['admin']),
      aMapping('data-*', ['analyst']),
      aMapping('staff', ['analyst']),
    );
    admin.users.push(
      aUser('ada', { groups: ['admins', 'data-eng', 'staff', 'choir'], granted_roles: ['editor'], email: 'a@x.org' }),
    );
    admin.devices.push(owned('d1', 'Pixel 8', 'ada'), owned('d2', 'Radio', 'grace'));
    const page = await visitAda();
    await page.locator('#user-managed li', { hasText: 'from' }).first().waitFor();
    expect(await page.locator('#user-managed li').allTextContents()).to.deep.equal([
      'admin from admins',
      'analyst from data-* and staff',
    ]);
    expect(await granted(page)).to.deep.equal(['editor']);
    expect(await page.locator('#user-groups .chip').allTextContents()).to.deep.equal([
      'admins',
      'data-eng',
      'staff',
      'choir',
    ]);
    await page.locator('#user-devices-list .device').waitFor();
    expect(await page.locator('#user-devices-list .device-name').allTextContents()).to.deep.equal(['Pixel 8']);
  });

  it('gives a role and takes it, and the focus is not lost', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    await give(page, ' editor ');
    await page.getByRole('button', { name: /^Take the role .editor/ }).waitFor();
    expect(await page.locator('#grant-role').inputValue()).to.equal('');
    expect(await page.locator('#live').textContent()).to.match(/editor. was given\.$/);
    await page.getByRole('button', { name: /^Take the role .editor/ }).press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(await granted(page)).to.deep.equal([]);
    expect(visits.standIn.bodies).to.deep.include({ grant_roles: ['editor'] });
    expect(visits.standIn.bodies).to.deep.include({ withdraw_roles: ['editor'] });
    await give(page, ' ');
    await page.getByRole('alert').getByText('Type the name of a role.').waitFor();
  });

  it('never overwrites what somebody else has changed meanwhile, and keeps what was typed', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    Object.assign(ada(), { disabled: true, granted_roles: ['auditor'], version: 2 });
    await give(page, 'editor');
    await notice(page, 'Somebody else has changed this meanwhile, so your change was not made.');
    expect(ada()).to.deep.include({ granted_roles: ['auditor'], version: 2 });
    expect(await granted(page)).to.deep.equal(['auditor']);
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    expect(await page.locator('#grant-role').inputValue()).to.equal('editor');
    await page.locator('#grant-send').click();
    await page.locator('#user-granted li').nth(1).waitFor();
    expect(ada().granted_roles).to.deep.equal(['auditor', 'editor']);
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('approves, disables, enables and converts', async () => {
    visits.standIn.admin.users.push(aUser('ada', { pending: true }));
    const page = await visitAda();
    await page.getByRole('button', { name: 'Approve' }).press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(ada().pending).to.equal(false);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('button', { name: 'Disable' }).waitFor();
    await page.getByRole('button', { name: 'Make it a local account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Make it a local account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click();
    await page.getByRole('button', { name: 'Make it a proxy account' }).waitFor();
    expect(visits.standIn.bodies.filter((body) => !('subject' in body))).to.deep.equal([
      { pending: false },
      { disabled: true },
      { disabled: false },
      { auth_method: 'local' },
    ]);
  });

  it('forgets only somebody whose subject was typed', async () => {
    visits.standIn.admin.users.push(aUser('ada', { display_name: 'Ada Lovelace' }), aUser('grace'));
    const page = await visits.visit();
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await page.getByRole('button', { name: 'Forget this user' }).click();
    const dialog = page.getByRole('dialog', { name: 'Forget Ada Lovelace?' });
    await page.keyboard.type('grace');
    await page.keyboard.press('Enter');
    await dialog.getByText('That is not the subject.').waitFor();
    await page.keyboard.press('Escape');
    expect(changes()).to.deep.equal([]);
    await page.getByRole('button', { name: 'Forget this user' }).click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('');
    await page.keyboard.type('ada');
    await page.keyboard.press('Enter');
    await page.locator('#users-title:focus').waitFor();
    expect(await names(page)).to.deep.equal(['grace']);
    expect(changes()).to.deep.equal(['DELETE admin/users/id-ada']);
  });

  it('says why nobody would be administrator any more', async () => {
    visits.standIn.admin.users.push(aUser('ada', { granted_roles: ['admin'] }));
    const page = await visitAda();
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'That would leave nobody who is administrator.');
    expect(ada().disabled).to.equal(false);
  });

  it('says that a change is saved but not known everywhere yet, and shows it', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    visits.standIn.refuse(/^PATCH/, 503, 'Saved, but other instances may not know yet', 'ERR_CHANGE_NOT_SPREAD');
    ada().disabled = true;
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'This is saved. It may take a moment until it holds everywhere.');
    await page.getByRole('button', { name: 'Enable' }).waitFor();
  });

  it('tries again for whom it was meant, and for nobody else', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visitAda();
    visits.standIn.refuse(/^PATCH/, 503);
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'The server cannot do this at the moment.');
    visits.standIn.allow();
    await page.evaluate("location.hash = 'users/id-grace'");
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await page.evaluate("location.hash = 'users/id-ada'");
    await page.locator('#user-title', { hasText: 'ada' }).waitFor();
    expect(changes()).to.have.length(1);
    expect(visits.standIn.admin.users.map(({ disabled }) => disabled)).to.deep.equal([false, false]);
  });

  it('says so when the user is not there any more', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visits.visit();
    await page.getByRole('link', { name: 'ada' }).click();
    await page.locator('#user-known').waitFor();
    visits.standIn.admin.users.splice(0);
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'This user is not there any more.');
    await page.locator('#users-view').waitFor();
    expect(await names(page)).to.deep.equal([]);
  });

  it('revokes a device of theirs', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    visits.standIn.admin.devices.push(owned('d1', 'Pixel 8', 'ada'));
    const page = await visitAda();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('#user-devices-title:focus').waitFor();
    expect(visits.standIn.admin.devices).to.deep.equal([]);
  });

  it('leads to their audit trail, and to what explains them', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    await page.locator('#user-trail').click();
    await page.locator('#audit-title:focus').waitFor();
    expect(visits.standIn.requests).to.include('GET admin/audit?subject=ada&limit=50');
    await page.goBack();
    await page.locator('#user-known').waitFor();
    await page.locator('#user-why').click();
    await page.locator('#explanation').waitFor();
    expect(await page.locator('#explain-subject').inputValue()).to.equal('ada');
  });
});
