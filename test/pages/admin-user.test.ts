// The page `admin`: one user, and the changes to it.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, aUser, configured, owned } from './admin-samples.js';
import { useVisits } from './visit.js';

const names = (page: Page) => page.locator('#users-list .row h3 a').allTextContents();
const notice = (page: Page, text: string) => page.getByRole('alert').getByText(text).waitFor();

describe('one user on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const changes = () => visits.standIn.requests.filter((request) => /^(PATCH|DELETE) admin\/users/.test(request));
  const ada = () => visits.standIn.admin.users[0] as ReturnType<typeof aUser>;
  const visitAda = () => visits.visit({ address: '#users/id-ada', until: '#user-known' });
  const granted = (page: Page) => page.locator('#user-granted .chip').allTextContents();

  async function addRole(page: Page, role: string): Promise<void> {
    await page.locator('#add-role-name').fill(role);
    await page.keyboard.press('Enter');
  }

  it('shows managed roles with their mappings, and granted roles', async () => {
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

  it('adds and removes a role without losing the focus', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    await addRole(page, ' editor ');
    await page.getByRole('button', { name: /^Remove the role .editor/ }).waitFor();
    expect(await page.locator('#add-role-name').inputValue()).to.equal('');
    expect(await page.locator('#live').textContent()).to.match(/editor. was added\.$/);
    await page.getByRole('button', { name: /^Remove the role .editor/ }).press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(await granted(page)).to.deep.equal([]);
    expect(visits.standIn.bodies).to.deep.include({ add_roles: ['editor'] });
    expect(visits.standIn.bodies).to.deep.include({ remove_roles: ['editor'] });
    await addRole(page, ' ');
    await page.getByRole('alert').getByText('Enter a role.').waitFor();
  });

  it('never overwrites someone else’s change, and keeps the input', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    Object.assign(ada(), { disabled: true, granted_roles: ['auditor'], version: 2 });
    await addRole(page, 'editor');
    await notice(page, 'Someone else changed this record, so your change was not saved.');
    expect(ada()).to.deep.include({ granted_roles: ['auditor'], version: 2 });
    expect(await granted(page)).to.deep.equal(['auditor']);
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    expect(await page.locator('#add-role-name').inputValue()).to.equal('editor');
    await page.locator('#add-role-send').click();
    await page.locator('#user-granted .chip').nth(1).waitFor();
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
    await page.getByRole('button', { name: 'Convert to local account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Convert to local account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Convert' }).click();
    await page.getByRole('button', { name: 'Convert to proxy account' }).waitFor();
    expect(visits.standIn.bodies.filter((body) => !('subject' in body))).to.deep.equal([
      { pending: false },
      { disabled: true },
      { disabled: false },
      { auth_method: 'local' },
    ]);
  });

  it('deletes a user only after the subject was typed', async () => {
    visits.standIn.admin.users.push(aUser('ada', { display_name: 'Ada Lovelace' }), aUser('grace'));
    const page = await visits.visit();
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await page.getByRole('button', { name: 'Delete user' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Ada Lovelace?' });
    await page.keyboard.type('grace');
    await page.keyboard.press('Enter');
    await dialog.getByText('The subject does not match.').waitFor();
    await page.keyboard.press('Escape');
    expect(changes()).to.deep.equal([]);
    await page.getByRole('button', { name: 'Delete user' }).click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('');
    await page.keyboard.type('ada');
    await page.keyboard.press('Enter');
    await page.locator('#users-title:focus').waitFor();
    expect(await names(page)).to.deep.equal(['grace']);
    expect(changes()).to.deep.equal(['DELETE admin/users/id-ada']);
  });

  it('says that a change would leave no administrator', async () => {
    visits.standIn.admin.users.push(aUser('ada', { granted_roles: ['admin'] }));
    const page = await visitAda();
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'This change would leave no administrator.');
    expect(ada().disabled).to.equal(false);
  });

  it('retries a change for its own user only', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visitAda();
    visits.standIn.refuse(/^PATCH/, 503);
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'The server cannot do this right now.');
    visits.standIn.allow();
    await page.evaluate("location.hash = 'users/id-grace'");
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    expect(await page.locator('#notice').isVisible()).to.equal(false);
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    expect(changes()).to.deep.equal(['PATCH admin/users/id-ada', 'PATCH admin/users/id-grace']);
  });

  it('says that the user no longer exists', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visits.visit();
    await page.getByRole('link', { name: 'ada' }).click();
    await page.locator('#user-known').waitFor();
    visits.standIn.admin.users.splice(0);
    await page.getByRole('button', { name: 'Disable' }).click();
    await notice(page, 'This user no longer exists.');
    await page.locator('#users-view').waitFor();
    expect(await names(page)).to.deep.equal([]);
  });

  it('revokes one of the user’s devices', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    visits.standIn.admin.devices.push(owned('d1', 'Pixel 8', 'ada'));
    const page = await visitAda();
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('#user-devices-title:focus').waitFor();
    expect(visits.standIn.admin.devices).to.deep.equal([]);
  });

  it('links to the user’s audit trail and explanation', async () => {
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
