// The page `admin` when the user acts before slow responses arrive.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { until } from '../support/processes.js';
import { aMapping, aUser, owned } from './admin-samples.js';
import { late } from './late-answer.js';
import { useVisits } from './visit.js';

const notice = (page: Page, text: string) => page.getByRole('alert').getByText(text).waitFor();
const navigate = (page: Page, hash: string) => page.evaluate(`location.hash = '${hash}'`);

describe('slow responses on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const ada = () => visits.standIn.admin.users[0] as ReturnType<typeof aUser>;
  const visitAda = () => visits.visit({ address: '#users/id-ada', until: '#user-known' });
  const patches = () => visits.standIn.requests.filter((request) => request.startsWith('PATCH'));

  it('allows one change of a user at a time, so that none is lost silently', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    await page.locator('#add-role-name').fill('editor');
    const release = visits.standIn.hold(/^PATCH/);
    await page.getByRole('button', { name: 'Disable' }).click();
    expect(await page.locator('#add-role-send').getAttribute('aria-disabled')).to.equal('true');
    await page.locator('#add-role-name').press('Enter');
    release();
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    await page.locator('#add-role-send:not([aria-disabled])').waitFor();
    expect(patches()).to.have.length(1);
    await page.locator('#add-role-name').press('Enter');
    await page.locator('#user-granted .pair').waitFor();
    const again = visits.standIn.hold(/^PATCH/);
    await page.locator('#add-role-name').fill('writer');
    await page.locator('#add-role-name').press('Enter');
    await page.locator('#user-enable').press('Enter');
    again();
    await page.locator('#user-granted .pair', { hasText: 'writer' }).waitFor();
    await page.locator('#add-role-send:not([aria-disabled])').waitFor();
    expect(patches()).to.have.length(3);
    expect(ada()).to.deep.include({ disabled: true, granted_roles: ['editor', 'writer'], version: 4 });
  });

  it('closes a question when the page leaves the user that it is about', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visitAda();
    await page.getByRole('button', { name: 'Convert to local account' }).click();
    await page.getByRole('dialog', { name: 'Convert the account of ada?' }).waitFor();
    await navigate(page, 'users/id-grace');
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    await page.locator('#ask').waitFor({ state: 'hidden' });
    expect(await page.locator('#ask-title').textContent()).to.equal('');
    await page.getByRole('button', { name: 'Convert to local account' }).click();
    await page
      .getByRole('dialog', { name: 'Convert the account of grace?' })
      .getByRole('button', { name: 'Convert' })
      .click();
    await page.getByRole('button', { name: 'Convert to proxy account' }).waitFor();
    expect(patches()).to.deep.equal(['PATCH admin/users/id-grace']);
  });

  it('never shows a user as it was before a change', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    const page = await visitAda();
    const old = await late(page, /admin\/users\/id-ada$/);
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))");
    await old.read;
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    await old.arrive();
    await page.locator('#user-state').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('button', { name: 'Disable' }).waitFor();
    expect(await page.locator('#notice').isVisible()).to.equal(false);
    expect(ada()).to.deep.include({ disabled: false, version: 3 });
  });

  it('does not move the focus away from a field in which the user is typing', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    const devices = visits.standIn.hold(/^GET admin\/devices/);
    await page.getByRole('link', { name: 'grace' }).click();
    await page.locator('#user-known').waitFor();
    await page.locator('#user-title:focus').waitFor();
    await page.locator('#add-role-name').pressSequentially('edi');
    devices();
    await page.locator('#user-devices-state', { hasText: 'No connected devices' }).waitFor();
    await page.keyboard.type('tor');
    expect(await page.locator('#add-role-name').inputValue()).to.equal('editor');

    await page.goBack();
    const slow = await late(page, /admin\/users\/id-ada$/);
    await page.getByRole('link', { name: 'ada' }).click();
    await slow.read;
    await navigate(page, 'users/id-grace');
    await page.locator('#user-title:focus', { hasText: 'grace' }).waitFor();
    await page.locator('#add-role-name').fill('wri');
    await slow.arrive();
    await page.keyboard.type('ter');
    expect(await page.locator('#add-role-name').inputValue()).to.equal('writer');
  });

  it('explains the user of the last request', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visitAda();
    const release = visits.standIn.hold(/^POST admin\/explain/);
    await page.locator('#user-why').click();
    await page.locator('#explain-title:focus').waitFor();
    await navigate(page, 'users/id-grace');
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    await page.locator('#user-why').click();
    await page.locator('#explain-title:focus').waitFor();
    release();
    await page.locator('#explain-steps', { hasText: 'grace' }).waitFor();
    expect(await page.locator('#explain-subject').inputValue()).to.equal('grace');
  });

  it('repeats a failed search when the network is back', async () => {
    visits.standIn.admin.users.push(aUser('ada'), aUser('grace'));
    const page = await visits.visit();
    await page.locator('#users-list .row').nth(1).waitFor();
    visits.standIn.refuse(/search=grace/, 503);
    await page.locator('#users-search').fill('grace');
    await page.keyboard.press('Enter');
    await notice(page, 'The server cannot do this');
    visits.standIn.allow();
    // The browser notices only now that it is offline.
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await notice(page, 'You seem to be offline');
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator('#users-list .row', { hasText: 'ada' }).waitFor({ state: 'detached' });
    expect(await page.locator('#users-state').textContent()).to.equal('One item shown.');
  });

  it('updates the count of rows when one is removed', async () => {
    visits.standIn.admin.users.push(aUser('ada'));
    visits.standIn.admin.devices.push(owned('d1', 'Pixel 8', 'ada'), owned('d2', 'Radio', 'grace'));
    const page = await visits.visit({ address: '#devices' });
    const revoke = async (name: string) => {
      await page.getByRole('button', { name: new RegExp(`^Revoke .${name}`) }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    };
    await revoke('Radio');
    await page.locator('#devices-state', { hasText: 'One item shown.' }).waitFor();
    await navigate(page, 'users/id-ada');
    await page.locator('#section-users').waitFor();
    await revoke('Pixel 8');
    await page.locator('#user-devices-state', { hasText: 'No connected devices.' }).waitFor();
  });

  it('previews a mapping again when another one changes, and clears the preview when the login ends', async () => {
    visits.standIn.admin.users.push(aUser('ada', { groups: ['staff', 'choir'] }));
    visits.standIn.admin.mappings.push(aMapping('staff', ['reader']));
    const page = await visits.visit({ address: '#groups' });
    const preview = (text: string) => page.locator('#preview:not([aria-busy])', { hasText: text }).waitFor();
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('choir');
    await page.locator('#mapping-roles').fill('reader');
    await preview('The roles of all users stay the same.');
    await page.getByRole('button', { name: /^Delete the mapping of .staff/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await preview('One user gains reader');
    visits.standIn.refuse(/./, 302);
    await page.locator('#mapping-save').click();
    await page.locator('#panel-login').waitFor();
    expect(await page.locator('#preview').textContent()).to.equal('');
    visits.standIn.allow();
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await preview('One user gains reader');
  });

  it('sends a retried save once, even if it is submitted again meanwhile', async () => {
    const page = await visits.visit({ address: '#groups' });
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('choir');
    await page.locator('#mapping-roles').fill('singer');
    visits.standIn.refuse(/^PUT.*choir$/, 503);
    await page.locator('#mapping-save').click();
    await notice(page, 'The server cannot do this');
    visits.standIn.allow();
    const release = visits.standIn.hold(/^PUT.*choir$/);
    const writes = () => visits.standIn.requests.filter((request) => /^PUT.*choir$/.test(request)).length;
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await until('the second try', async () => writes() === 2);
    await page.locator('#mapping-group').press('Enter');
    release();
    await page.locator('tr[data-group="choir"]').waitFor();
    expect(writes()).to.equal(2);
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });
});
