// The page `admin`: group mappings, and the preview of what a change to them does.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, aUser, configured } from './admin-samples.js';
import { stopClock, tabTo, useVisits } from './visit.js';

describe('group mappings on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const dryRuns = () => visits.standIn.requests.filter((request) => request.includes('dry_run'));
  const writes = () =>
    visits.standIn.requests.filter((request) => /^(PUT|DELETE)/.test(request) && !request.includes('dry_run'));
  const row = (page: Page, group: string) => page.locator(`#mappings-rows tr[data-group="${group}"]`);
  const visitGroups = () => visits.visit({ address: '#groups', until: '#map-group' });
  const preview = (page: Page, text: string) => page.locator('#preview:not([aria-busy])', { hasText: text }).waitFor();

  function addUsers(): void {
    visits.standIn.admin.users.push(
      ...Array.from({ length: 12 }, (_, index) => aUser(`staff-${index}`, { groups: ['staff', 'data-eng'] })),
      ...Array.from({ length: 3 }, (_, index) => aUser(`admin-${index}`, { groups: ['admins'] })),
    );
  }

  it('shows each mapping with its roles, its note, and who changed it when', async () => {
    visits.standIn.admin.mappings.push(
      aMapping('data-*', ['analyst', 'reader'], { note: 'Ask Grace.', changed_at: new Date().toISOString() }),
      aMapping('staff', ['reader'], { changed_by: null, changed_at: new Date().toISOString() }),
    );
    const page = await visitGroups();
    await row(page, 'staff').waitFor();
    const cells = await row(page, 'data-*').locator('th, td').allInnerTexts();
    expect(cells.map((text) => text.replace(/\s+/g, ' ').trim())).to.deep.equal([
      'data-* Pattern',
      'analyst reader',
      'Ask Grace.',
      'just now by grace',
      'Edit Delete',
    ]);
    expect(await row(page, 'staff').locator('td').nth(2).textContent()).to.equal('just now by the server');
  });

  it('marks mappings from the configuration, without buttons to change them', async () => {
    visits.standIn.admin.mappings.push(configured('admins', ['admin']), aMapping('staff', ['reader']));
    const page = await visitGroups();
    await row(page, 'admins').waitFor();
    expect(await row(page, 'admins').textContent()).to.include('Configuration');
    expect(await row(page, 'admins').locator('button').count()).to.equal(0);
    expect(await row(page, 'staff').locator('button').count()).to.equal(2);
    await page.getByText('This page cannot change mappings from the server’s configuration.').waitFor();
  });

  it('maps a group by keyboard alone, after a preview of the change', async () => {
    addUsers();
    const page = await visitGroups();
    await page.getByText('There are no mappings yet.').waitFor();
    await tabTo(page, 'map-group');
    await page.keyboard.press('Enter');
    await page.locator('#mapping-group:focus').waitFor();
    await page.keyboard.type('staff');
    await page.keyboard.press('Tab');
    await page.keyboard.type('reader, analyst');
    await preview(page, 'The roles of 12 users change:');
    expect(await page.locator('.preview-list li').allTextContents()).to.have.members([
      '12 users gain analyst',
      '12 users gain reader',
    ]);
    await page.keyboard.press('Tab');
    await page.keyboard.type('Everybody who works here.');
    expect(writes()).to.deep.equal([]);
    await tabTo(page, 'mapping-save');
    await page.keyboard.press('Enter');
    await row(page, 'staff').waitFor();
    await page.locator('#mapping').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.ariaLabel')).to.match(/^Edit the mapping of .staff/);
    expect(visits.standIn.admin.mappings[0]).to.deep.include({
      group: 'staff',
      roles: ['analyst', 'reader'],
      note: 'Everybody who works here.',
    });
    expect(writes()).to.deep.equal(['PUT admin/group-roles?group=staff']);
    expect(await page.locator('#live').textContent()).to.match(/mapping of .staff. was saved/);
  });

  it('previews again during typing, once for each pause, and never shows an outdated preview', async () => {
    addUsers();
    visits.standIn.admin.mappings.push(aMapping('admins', ['admin', 'auditor']));
    const page = await visitGroups();
    await row(page, 'admins').getByRole('button', { name: /^Edit/ }).click();
    await preview(page, 'The roles of all users stay the same.');
    await stopClock(page);
    const before = dryRuns().length;
    const release = visits.standIn.hold(/dry_run/);
    await page.locator('#mapping-roles').fill('admin');
    const failed = page.waitForEvent('requestfailed');
    await page.clock.runFor(400);
    await page.locator('#mapping-roles').pressSequentially(', printer:use');
    // The form has changed since the request for this preview.
    expect((await failed).url()).to.include('dry_run');
    expect(await page.locator('#preview').getAttribute('aria-busy')).to.equal('true');
    release();
    expect(await page.locator('#preview').textContent()).to.equal('The roles of all users stay the same.');
    await page.clock.runFor(400);
    await preview(page, 'The roles of 3 users change:');
    expect(await page.locator('.preview-list li').allTextContents()).to.deep.equal([
      '3 users gain printer:use',
      '3 users lose auditor',
    ]);
    expect(dryRuns().length - before).to.equal(2);
    expect(await page.locator('#mapping-group').getAttribute('readonly')).to.equal('');
  });

  it('asks for confirmation if a pattern makes users administrators, and again if the pattern changes', async () => {
    addUsers();
    const page = await visitGroups();
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('data-*');
    await page.locator('#mapping-roles').fill('admin');
    const yes = page.getByRole('checkbox', { name: /in a matching group an administrator/ });
    await yes.waitFor();
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('This pattern makes every matching user an administrator.').waitFor();
    expect(writes()).to.deep.equal([]);
    await yes.check();
    await preview(page, '12 users gain admin');
    await page.locator('#mapping-group').fill('*');
    expect(await yes.isChecked()).to.equal(false);
    await preview(page, 'Select the checkbox');
    await page.locator('#mapping-group').fill('data-eng');
    await preview(page, '12 users gain admin');
    await yes.waitFor({ state: 'hidden' });
    await page.locator('#mapping-group').fill('data-*');
    await yes.check();
    await page.locator('#mapping-save').click();
    await row(page, 'data-*').waitFor();
    expect(visits.standIn.bodies.at(-1)).to.deep.equal({ roles: ['admin'], allow_wildcard: true });
  });

  it('never overwrites someone else’s change to a mapping, keeps the input, and can save it then', async () => {
    const { mappings } = visits.standIn.admin;
    const page = await visitGroups();
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('staff');
    await page.locator('#mapping-roles').fill('reader');
    mappings.push(aMapping('staff', ['analyst', 'auditor'], { version: 7 }));
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('Someone else changed the mapping of this group').waitFor();
    expect(await page.locator('#notice-text').textContent()).to.include('The mapping now gives analyst and auditor.');
    expect(mappings[0]).to.deep.include({ roles: ['analyst', 'auditor'], version: 7 });
    expect(await page.locator('#mapping-roles').inputValue()).to.equal('reader');
    await row(page, 'staff').waitFor();

    mappings.splice(0);
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('Someone else deleted this mapping').waitFor();
    expect(mappings).to.deep.equal([]);
    await page.locator('#mapping-save').click();
    await page.locator('#mapping').waitFor({ state: 'hidden' });
    expect(mappings[0]).to.deep.include({ group: 'staff', roles: ['reader'] });
    expect(await page.locator('#notice').isVisible()).to.equal(false);
  });

  it('does not touch the form of a mapping that the user opens while another one is being saved', async () => {
    visits.standIn.admin.mappings.push(aMapping('staff', ['reader']));
    const page = await visitGroups();
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('choir');
    await page.locator('#mapping-roles').fill('singer');
    const release = visits.standIn.hold(/PUT admin\/group-roles\?group=choir$/);
    await page.locator('#mapping-save').click();
    await row(page, 'staff').getByRole('button', { name: /^Edit/ }).click();
    await page.locator('#mapping-roles').fill('reader writer');
    release();
    await row(page, 'choir').waitFor();
    expect(await page.locator('#mapping-group').inputValue()).to.equal('staff');
    expect(await page.locator('#mapping-roles').inputValue()).to.equal('reader writer');
    expect(await page.evaluate('document.activeElement.id')).to.equal('mapping-roles');
  });

  it('retries a save only as long as its form is open', async () => {
    visits.standIn.admin.mappings.push(aMapping('staff', ['reader']));
    const page = await visitGroups();
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('choir');
    await page.locator('#mapping-roles').fill('singer');
    visits.standIn.refuse(/^PUT.*choir$/, 503);
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('The server cannot do this').waitFor();
    await row(page, 'staff').getByRole('button', { name: /^Edit/ }).click();
    await page.locator('#mapping-roles').fill('reader writer');
    expect(await page.locator('#notice').isVisible()).to.equal(false);
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator('#mapping-save').click();
    await page.locator('#mapping').waitFor({ state: 'hidden' });
    expect(writes()).to.deep.equal(['PUT admin/group-roles?group=choir', 'PUT admin/group-roles?group=staff']);
  });

  it('deletes a mapping after a preview, but not one that someone else has changed since', async () => {
    addUsers();
    const { mappings } = visits.standIn.admin;
    // This group contains characters that a path cannot contain.
    mappings.push(aMapping('org/50%\\staff', ['reader']), aMapping('admins', ['admin']));
    const page = await visitGroups();
    const deletion = (group: string) =>
      page.getByRole('button', { name: new RegExp(`^Delete the mapping of .${group}`) });
    const dialog = page.getByRole('dialog');
    await deletion('admins').click();
    await dialog.getByText('3 users lose admin').waitFor();
    Object.assign(mappings[1] ?? {}, { roles: ['admin', 'auditor'], version: 2 });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alert').getByText('Someone else changed this record').waitFor();
    await row(page, 'admins').getByText('auditor').waitFor();
    expect(mappings).to.have.length(2);

    await deletion('admins').click();
    await dialog.getByText('3 users lose auditor').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.locator('#groups-title:focus').waitFor();
    await deletion('org/50%').click();
    await dialog.getByText('The roles of all users stay the same.').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('There are no mappings yet.').waitFor();
    expect(mappings).to.deep.equal([]);
  });

  it('shows during typing what the server refuses, and on save what is missing', async () => {
    const page = await visitGroups();
    await page.locator('#map-group').click();
    await preview(page, 'Enter a group and its roles');
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('Enter a group.').waitFor();
    await page.locator('#mapping-group:focus').waitFor();
    await page.locator('#mapping-group').fill('staff');
    await page.locator('#mapping-save').click();
    await page.getByRole('alert').getByText('Enter at least one role.').waitFor();
    await page.locator('#mapping-roles').fill('!');
    await preview(page, 'The server refused the request: Invalid role name.');
    visits.standIn.refuse(/dry_run/, 503);
    await page.locator('#mapping-roles').fill('reader');
    await preview(page, 'Could not calculate the effect of this change.');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#map-group:focus').waitFor();
  });
});
