// The page `admin`: adding a user before the first login.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { adminTexts } from '../../src/pages/texts/languages.js';
import { aUser } from './admin-samples.js';
import { tabTo, useVisits } from './visit.js';

describe('adding a user on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const added = () => visits.standIn.requests.filter((request) => request === 'POST admin/users');
  const subjects = () => visits.standIn.admin.users.map(({ subject }) => subject);
  const alert = (page: Page, text: string) => page.getByRole('alert').getByText(text).waitFor();

  async function open(): Promise<Page> {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visits.visit();
    await page.locator('#users-list .row').waitFor();
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.locator('#new-user-subject:focus').waitFor();
    return page;
  }

  it('works by keyboard alone, shows the new user, and then lists it', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visits.visit();
    await page.locator('#users-list .row').waitFor();
    await tabTo(page, 'add-user');
    await page.keyboard.press('Enter');
    await page.locator('#new-user-subject:focus').waitFor();
    await page.keyboard.type(' grace ');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Local');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Grace Hopper');
    await page.keyboard.press('Tab');
    await page.keyboard.type('grace@bücher.example');
    await page.keyboard.press('Tab');
    await page.keyboard.type('editor, admin، editor');
    await page.keyboard.press('Enter');
    await page.locator('#user-title:focus', { hasText: 'Grace Hopper' }).waitFor();
    expect(await page.locator('#live').textContent()).to.match(/Grace Hopper. was added\.$/);
    expect(visits.standIn.bodies[0]).to.deep.equal({
      subject: 'grace',
      auth_method: 'local',
      display_name: 'Grace Hopper',
      email: 'grace@bücher.example',
      granted_roles: ['editor', 'admin'],
    });
    await page.goBack();
    await page.locator('#users-list .row', { hasText: 'Grace Hopper' }).waitFor();
    expect(await page.locator('#new-user').isVisible()).to.equal(false);
    await page.getByRole('button', { name: 'Add user' }).click();
    expect(await page.locator('#new-user-subject').inputValue()).to.equal('');
    expect(await page.locator('#new-user-method').inputValue()).to.equal('proxy');
  });

  it('sends only the fields that were filled in', async () => {
    const page = await open();
    await page.keyboard.type('grace');
    await page.keyboard.press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(visits.standIn.bodies[0]).to.deep.equal({ subject: 'grace', auth_method: 'proxy' });
  });

  it('shows beside the field that its value is missing or invalid, and keeps the other fields', async () => {
    const page = await open();
    const expectInvalid = (name: string) => page.locator(`#new-user-${name}:focus[aria-invalid="true"]`).waitFor();
    await page.keyboard.press('Enter');
    await alert(page, 'Enter a subject.');
    expect(added()).to.deep.equal([]);
    await page.locator('#new-user-name').fill('Grace Hopper');
    await page.locator('#new-user-subject').fill('ada');
    expect(await page.locator('#new-user-subject').getAttribute('aria-invalid')).to.equal(null);
    await page.keyboard.press('Enter');
    await alert(page, 'A user with this subject already exists.');
    await expectInvalid('subject');
    await page.locator('#new-user-subject').fill('grace');
    await page.locator('#new-user-roles').fill('editor !');
    await page.keyboard.press('Enter');
    await alert(page, 'One of these roles is not valid');
    await expectInvalid('roles');
    visits.standIn.refuse(/^POST/, 400, 'Invalid subject', 'ERR_SUBJECT_INVALID');
    await page.keyboard.press('Enter');
    await alert(page, 'This is not a valid subject.');
    await expectInvalid('subject');
    expect(subjects()).to.deep.equal(['ada']);
    expect(await page.locator('#new-user-name').inputValue()).to.equal('Grace Hopper');
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('adds no user twice, and retries only as long as the form is open', async () => {
    const page = await open();
    const release = visits.standIn.hold(/^POST admin\/users/);
    await page.keyboard.type('grace');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    release();
    await page.locator('#user-title:focus').waitFor();
    expect(added()).to.have.length(1);
    await page.goBack();
    await page.getByRole('button', { name: 'Add user' }).click();
    visits.standIn.refuse(/^POST admin\/users/, 503);
    await page.locator('#new-user-subject').fill('paul');
    await page.keyboard.press('Enter');
    await alert(page, 'The server cannot do this');
    const late = visits.standIn.hold(/^POST admin\/users/);
    await page.locator('#new-user-subject').press('Enter');
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#add-user:focus').waitFor();
    late();
    await alert(page, 'The server cannot do this');
    expect(await page.locator('#try-again').isVisible()).to.equal(false);
    visits.standIn.allow();
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.locator('#new-user-subject').fill('noor');
    await page.keyboard.press('Enter');
    await page.locator('#user-title', { hasText: 'noor' }).waitFor();
    expect(subjects()).to.deep.equal(['ada', 'grace', 'noor']);
  });

  it('does not move the focus of an administrator who has gone to another section meanwhile', async () => {
    const page = await open();
    const release = visits.standIn.hold(/^POST admin\/users/);
    await page.keyboard.type('grace');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Group mappings' }).press('Enter');
    await page.locator('#map-group').click();
    await page.locator('#mapping-group:focus').waitFor();
    release();
    await page.locator('#live', { hasText: 'was added.' }).waitFor({ state: 'attached' });
    expect(await page.evaluate('location.hash')).to.equal('#groups');
    await page.locator('#mapping-group:focus').waitFor();
    await page.getByRole('link', { name: 'Users' }).press('Enter');
    await page.locator('#users-list .row', { hasText: 'grace' }).waitFor();
  });

  it('keeps the input when the login ends, and clears it at logout', async () => {
    const page = await open();
    await page.keyboard.type('grace');
    visits.standIn.refuse(/./, 302);
    await page.keyboard.press('Enter');
    await page.locator('#login-title:focus').waitFor();
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.locator('#users-list .row').waitFor();
    expect(await page.locator('#new-user-subject').inputValue()).to.equal('grace');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#logged-out-title:focus').waitFor();
    expect(await page.locator('#new-user-subject').inputValue()).to.equal('');
    expect(await page.locator('#new-user').getAttribute('hidden')).to.equal('');
  });

  it('shows its messages in Arabic', async () => {
    const page = await visits.visit({ locale: 'ar' });
    await page.getByRole('button', { name: adminTexts.ar.addUser }).click();
    await page.keyboard.press('Enter');
    await alert(page, adminTexts.ar.newUserSubjectMissing);
  });
});
