// The page `admin`: linking users to rows of the server's own users table.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { adminTexts } from '../../src/pages/texts/languages.js';
import { aUser } from './admin-samples.js';
import { tabTo, useVisits } from './visit.js';

describe('linking a user on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const sent = () => visits.standIn.requests.filter((request) => request.endsWith('/host-user'));
  const ids = () => visits.standIn.admin.users.map(({ host_user_id: id }) => id);
  const trouble = (page: Page, text: string) => page.getByRole('dialog').getByRole('alert').getByText(text).waitFor();
  const visitAda = () => visits.visit({ address: '#users/id-ada', until: '#user-known' });

  it('works by keyboard alone, without losing the focus', async () => {
    visits.standIn.admin.users.push(aUser('ada', { display_name: 'Ada Lovelace' }));
    const page = await visitAda();
    expect(await page.locator('#user-unlink').isVisible()).to.equal(false);
    await tabTo(page, 'user-link');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Link Ada Lovelace' }).waitFor();
    await page.locator('#ask-typed:focus').waitFor();
    await page.keyboard.type(' 42 ');
    await page.keyboard.press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(await page.locator('#live').textContent()).to.match(/Ada Lovelace. was linked to .42.\.$/);
    expect(await page.locator('#user-facts div', { hasText: 'Linked to' }).locator('dd').textContent()).to.equal('42');
    expect(await page.locator('#user-link').isVisible()).to.equal(false);
    await tabTo(page, 'user-unlink');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Remove the link of Ada Lovelace?' }).waitFor();
    await page.locator('#ask-no:focus').press('Enter');
    expect(ids()).to.deep.equal(['42']);
    await page.locator('#user-unlink:focus').press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove link' }).click();
    await page.locator('#user-title:focus').waitFor();
    expect(await page.locator('#live').textContent()).to.match(/The link of .Ada Lovelace. was removed\.$/);
    expect(await page.locator('#user-link').isVisible()).to.equal(true);
    expect(sent()).to.deep.equal(['PUT admin/users/id-ada/host-user', 'DELETE admin/users/id-ada/host-user']);
    expect(visits.standIn.bodies).to.deep.include({ host_user_id: '42' });
  });

  it('keeps the dialog open while the id is missing, invalid or linked to another user', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace', { host_user_id: '7' }));
    const page = await visitAda();
    await page.locator('#user-link').click();
    await page.keyboard.press('Enter');
    await trouble(page, 'Enter the id of a row.');
    expect(sent()).to.deep.equal([]);
    await page.locator('#ask-typed:focus[aria-invalid="true"]').fill('7'.repeat(256));
    await page.keyboard.press('Enter');
    await trouble(page, 'This is not a valid id.');
    await page.locator('#ask-typed:focus').fill('7');
    await page.keyboard.press('Enter');
    await trouble(page, 'Another user is linked to this row.');
    await page.locator('#ask-typed:focus').fill('8');
    await page.keyboard.press('Enter');
    await page.locator('#user-title:focus').waitFor();
    expect(ids()).to.deep.equal(['8', '7']);
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('never overwrites someone else’s change', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    Object.assign(visits.standIn.admin.users[0] ?? {}, { host_user_id: '9', version: 2 });
    await page.locator('#user-link').click();
    await page.keyboard.type('42');
    await page.keyboard.press('Enter');
    await page.locator('#notice', { hasText: 'Someone else changed this record' }).waitFor();
    await page.locator('#user-unlink').waitFor();
    expect(ids()).to.deep.equal(['9']);
  });

  it('keeps the input after an outage, but not after the change is saved', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    visits.standIn.refuse(/host-user$/, 503);
    await page.locator('#user-link').click();
    await page.keyboard.type('42');
    await page.keyboard.press('Enter');
    await page.locator('#try-again').waitFor();
    await page.locator('#user-link:focus').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('42');
    await page.keyboard.press('Enter');
    await page.locator('#ask').waitFor({ state: 'hidden' });
    visits.standIn.allow();
    await page.locator('#try-again').click();
    await page.locator('#user-unlink').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove link' }).click();
    await page.locator('#user-link').click();
    expect(await page.locator('#ask-typed').inputValue()).to.equal('');
    expect(ids()).to.deep.equal([null]);
  });

  it('shows its messages in Arabic', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace', { host_user_id: '7' }));
    const page = await visits.visit({ locale: 'ar', address: '#users/id-ada', until: '#user-known' });
    await page.getByRole('button', { name: adminTexts.ar.linkUser, exact: true }).click();
    await page.keyboard.type('7');
    await page.keyboard.press('Enter');
    await trouble(page, adminTexts.ar.linkTaken);
  });
});

describe('the page admin of a server without a users table, and of a directory that cannot rename', () => {
  const visits = useVisits({ name: 'admin', features: { links: false, renames: false } });

  it('has no buttons to link, unlink or rename', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace', { host_user_id: '7' }));
    for (const id of ['id-ada', 'id-grace']) {
      const page = await visits.visit({ address: `#users/${id}`, until: '#user-known' });
      expect(await page.locator('#user-convert').isVisible()).to.equal(true);
      for (const name of ['link', 'unlink', 'rename']) {
        expect(await page.locator(`#user-${name}`).isVisible(), name).to.equal(false);
      }
    }
  });
});
