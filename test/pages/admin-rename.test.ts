// The page `admin`: renaming and merging users.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { adminTexts } from '../../src/pages/texts/languages.js';
import { aUser, owned } from './admin-samples.js';
import { tabTo, useVisits } from './visit.js';

describe('renaming a user on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const sent = () => visits.standIn.requests.filter((request) => request.endsWith('/rename'));
  const subjects = () => visits.standIn.admin.users.map(({ subject }) => subject);
  const trouble = (page: Page, text: string) => page.getByRole('dialog').getByRole('alert').getByText(text).waitFor();
  const notice = (page: Page, text: string) => page.locator('#notice', { hasText: text }).waitFor();
  const visitBob = () => visits.visit({ address: '#users/id-bob', until: '#user-known' });
  const bob = (more = {}) => aUser('bob', { display_name: 'Bob Ross', ...more });

  /** Opens the dialog, types the new subject and presses Enter. */
  async function rename(page: Page, subject: string): Promise<void> {
    await page.locator('#user-rename').click();
    await page.locator('#ask-typed:focus').waitFor();
    await page.keyboard.type(subject);
    await page.keyboard.press('Enter');
  }

  it('works by keyboard alone, and shows the new subject and the devices', async () => {
    visits.standIn.admin.users.push(bob());
    visits.standIn.admin.devices.push(owned('d1', 'Pixel 8', 'bob'));
    const page = await visitBob();
    await page.locator('#user-devices-list .device').waitFor();
    await tabTo(page, 'user-rename');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Rename Bob Ross' }).waitFor();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('bob');
    await page.keyboard.type(' robert ');
    await page.keyboard.press('Enter');
    await page.locator('#user-facts', { hasText: 'robert' }).waitFor();
    await page.locator('#user-rename:focus').waitFor();
    await page.locator('#user-devices-list .device', { hasText: 'Owner: robert' }).waitFor();
    expect(await page.locator('#live').textContent()).to.match(/Bob Ross. now has the subject .robert.\.$/);
    expect(visits.standIn.bodies).to.deep.include({ subject: 'robert' });
    expect(subjects()).to.deep.equal(['robert']);
  });

  it('sends nothing without a new subject, and keeps the dialog open while the server refuses the subject', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    await page.locator('#user-rename').click();
    await page.keyboard.press('Enter');
    await trouble(page, 'This is already the subject of this user.');
    await page.locator('#ask-typed:focus[aria-invalid="true"]').fill(' ');
    await page.keyboard.press('Enter');
    await trouble(page, 'Enter a subject.');
    expect(sent()).to.deep.equal([]);
    await page.locator('#ask-typed').fill('b'.repeat(256));
    await page.keyboard.press('Enter');
    await trouble(page, 'This is not a valid subject.');
    await page.locator('#ask-typed:focus').fill('robert');
    await page.keyboard.press('Enter');
    await page.locator('#user-facts', { hasText: 'robert' }).waitFor();
    expect(sent()).to.have.length(2);
  });

  it('changes nothing after Cancel or Escape', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    await page.locator('#user-rename').click();
    await page.keyboard.type('robert');
    await page.keyboard.press('Escape');
    await page.locator('#user-rename:focus').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('bob');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#user-rename:focus').waitFor();
    expect(sent()).to.deep.equal([]);
  });

  it('never overwrites someone else’s change, and keeps the input', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    Object.assign(visits.standIn.admin.users[0] ?? {}, { disabled: true, version: 2 });
    await rename(page, 'robert');
    await notice(page, 'Someone else changed this record, so your change was not saved.');
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    expect(subjects()).to.deep.equal(['bob']);
    await page.locator('#user-rename').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('robert');
    await page.keyboard.press('Enter');
    await page.locator('#user-facts', { hasText: 'robert' }).waitFor();
    await page.locator('#user-rename').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('robert');
    await page.keyboard.press('Escape');
    expect(subjects()).to.deep.equal(['robert']);
  });

  it('renames once, whatever is pressed while the server has not answered', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    const release = visits.standIn.hold(/rename$/);
    await rename(page, 'robert');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.locator('#user-rename:focus').press('Enter');
    expect(await page.locator('#ask').isVisible()).to.equal(false);
    release();
    await page.locator('#user-facts', { hasText: 'robert' }).waitFor();
    expect(sent()).to.have.length(1);
  });

  it('shows in a notice that the server refused the subject after the dialog was closed', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    visits.standIn.refuse(/rename$/, 400, 'Invalid subject', 'ERR_SUBJECT_INVALID');
    const release = visits.standIn.hold(/rename$/);
    await rename(page, 'robert');
    await page.keyboard.press('Escape');
    release();
    await notice(page, 'This is not a valid subject.');
  });

  it('shows no notice about bob on the view of grace', async () => {
    visits.standIn.admin.users.push(bob(), aUser('grace'));
    const page = await visitBob();
    visits.standIn.refuse(/rename$/, 400, 'Invalid subject', 'ERR_SUBJECT_INVALID');
    const release = visits.standIn.hold(/rename$/);
    await rename(page, 'robert');
    await page.evaluate("location.hash = 'users/id-grace'");
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    const refused = page.waitForResponse(/rename$/);
    release();
    await (await refused).finished();
    // The page has handled the refusal before it handles the answer to a later request.
    await page.evaluate("fetch('me').then((answer) => answer.json())");
    expect(await page.locator('#notice').isVisible()).to.equal(false);
    await page.goBack();
    await page.locator('#user-title', { hasText: 'Bob Ross' }).waitFor();
    await page.locator('#user-rename').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('robert');
  });

  it('retries after an outage', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    visits.standIn.refuse(/rename$/, 503);
    await rename(page, 'robert');
    await notice(page, 'The server cannot do this right now.');
    visits.standIn.allow();
    await page.locator('#try-again').click();
    await page.locator('#user-facts', { hasText: 'robert' }).waitFor();
    expect(sent()).to.have.length(2);
  });

  it('keeps the input when the login ends, and discards it when another user logs in', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    visits.standIn.refuse(/./, 302);
    await rename(page, 'robert');
    await page.locator('#login-title:focus').waitFor();
    visits.standIn.allow();
    const again = () => page.getByRole('button', { name: 'Try again' }).first().click();
    await again();
    await page.locator('#user-rename').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('robert');
    visits.standIn.refuse(/./, 302);
    await page.keyboard.press('Enter');
    await page.locator('#login-title:focus').waitFor();
    visits.standIn.allow();
    visits.standIn.me = { subject: 'grace', roles: [] };
    await again();
    await page.locator('#user-rename').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('bob');
  });

  it('keeps the input of a dialog that closes because the login has ended', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    await page.locator('#user-rename').click();
    await page.keyboard.type('rob');
    visits.standIn.refuse(/./, 302);
    await page.evaluate("dispatchEvent(new Event('offline')); dispatchEvent(new Event('online'))");
    await page.locator('#panel-login').waitFor();
    expect(await page.locator('#ask').isVisible()).to.equal(false);
    visits.standIn.allow();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.locator('#user-rename').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('rob');
  });

  it('merges two users only after a question that shows the user who remains', async () => {
    const robert = { display_name: 'Robert Ross', email: 'r@x.org', granted_roles: ['editor'], groups: ['staff'] };
    visits.standIn.admin.users.push(bob({ granted_roles: ['author'], host_user_id: '7' }), aUser('robert', robert));
    const page = await visits.visit();
    await page.getByRole('link', { name: 'Bob Ross' }).click();
    await page.locator('#user-known').waitFor();
    await rename(page, 'robert');
    const dialog = page.getByRole('dialog', { name: 'Merge Bob Ross with robert?' });
    await dialog.waitFor();
    await page.locator('#ask-no:focus').waitFor();
    for (const known of ['Robert Ross', 'r@x.org', 'editor']) await dialog.getByText(known, { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    expect(subjects()).to.deep.equal(['bob', 'robert']);
    await page.locator('#user-rename:focus').click();
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await page.locator('#user-title:focus', { hasText: 'Robert Ross' }).waitFor();
    expect(await page.locator('#user-granted .chip').allTextContents()).to.deep.equal(['author', 'editor']);
    expect(await page.locator('#live').textContent()).to.match(/Bob Ross. was merged with .robert.\.$/);
    expect(new URL(page.url()).hash).to.equal('#users/id-robert');
    expect(visits.standIn.bodies).to.deep.include({ subject: 'robert', merge: true });
    expect(visits.standIn.admin.users).to.have.length(1);
    await page.getByRole('link', { name: 'All users' }).click();
    await page.locator('#users-list .row', { hasText: 'Robert Ross' }).waitFor();
    expect(await page.locator('#users-list .row').count()).to.equal(1);
  });

  it('says that both users are linked, and that a merge would leave no administrator', async () => {
    visits.standIn.admin.users.push(bob({ host_user_id: '7' }), aUser('robert', { host_user_id: '8' }));
    const page = await visitBob();
    await rename(page, 'robert');
    await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
    await notice(page, 'Both users are linked to a row');
    visits.standIn.refuse(/rename$/, 409, 'No administrator would remain', 'ERR_LAST_ADMINISTRATOR');
    await rename(page, 'robbie');
    await notice(page, 'This change would leave no administrator.');
    expect(subjects()).to.deep.equal(['bob', 'robert']);
  });

  it('does not ask about a merge if the other user cannot be loaded', async () => {
    visits.standIn.admin.users.push(bob(), aUser('robert'));
    const page = await visitBob();
    visits.standIn.refuse(/explain$/, 503);
    await rename(page, 'robert');
    await notice(page, 'The server cannot do this right now.');
    expect(await page.locator('#ask').isVisible()).to.equal(false);
  });

  it('goes back to the list if the user no longer exists', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visitBob();
    visits.standIn.admin.users.splice(0);
    await rename(page, 'robert');
    await notice(page, 'This user no longer exists.');
    await page.locator('#users-view').waitFor();
  });

  it('shows its messages in Arabic', async () => {
    visits.standIn.admin.users.push(bob());
    const page = await visits.visit({ locale: 'ar', address: '#users/id-bob', until: '#user-known' });
    await page.getByRole('button', { name: adminTexts.ar.renameUser }).click();
    await page.keyboard.press('Enter');
    await trouble(page, adminTexts.ar.renameSame);
  });
});
