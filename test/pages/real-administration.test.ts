// The page `admin` with the real API: which users it can rename, merge and link, and what these changes do.
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type Directory, type HostUsers, type LatchkeyOptions, memoryDirectory } from '../../src/index.js';
import { type Chromium, type ObservedPage, startChromium } from '../support/chromium.js';
import { type RealHost, startRealHost } from './real-host.js';

describe('the page admin with the real API', function () {
  this.timeout(60_000);
  let chromium: Chromium;
  let host: RealHost;
  let observed: ObservedPage;

  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.stop());
  afterEach(async () => {
    await observed.context.close();
    await host.stop();
    expect(observed.complaints.filter((line) => !line.includes('409'))).to.deep.equal([]);
  });

  /** Starts a host, and opens the page with the users bob and robert as alice, who is an administrator. */
  async function open(more: Pick<Partial<LatchkeyOptions>, 'hostUsers' | 'directory'>): Promise<Page> {
    host = await startRealHost({}, { groupRoles: { admins: ['admin'] }, ...more });
    for (const subject of ['bob', 'robert']) await host.auth.users.create({ subject, authMethod: 'proxy' });
    await host.auth.users.addRoles('bob', ['author']);
    const headers = { 'Remote-User': 'alice', 'Remote-Groups': 'admins' };
    observed = await chromium.open({ locale: 'en-US', extraHTTPHeaders: headers });
    await observed.page.goto(`${host.origin}/deep/auth/admin#users`);
    await observed.page.getByRole('link', { name: 'bob' }).click();
    await observed.page.locator('#user-known').waitFor();
    return observed.page;
  }

  async function type(page: Page, button: string, text: string): Promise<void> {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.locator('#ask-typed:focus').fill(text);
    await page.keyboard.press('Enter');
  }

  const dialogSays = (page: Page, text: string) =>
    page.getByRole('dialog').getByRole('alert').getByText(text).waitFor();
  const announced = (page: Page, text: RegExp) =>
    page.locator('#live', { hasText: text }).waitFor({ state: 'attached' });

  it('links, unlinks, renames and merges', async () => {
    const page = await open({ hostUsers: ownTable() });
    const { users, audit } = host.auth;
    // The login of alice created row 1.
    await type(page, 'Link', '1');
    await dialogSays(page, 'Another user is linked to this row.');
    await page.locator('#ask-typed:focus').fill('a\u0007');
    await page.keyboard.press('Enter');
    await dialogSays(page, 'This is not a valid id.');
    await page.locator('#ask-typed:focus').fill('42');
    await page.keyboard.press('Enter');
    await announced(page, /was linked to .42.\./);
    expect((await users.find('bob')).hostUserId).to.equal('42');

    await type(page, 'Rename', 'bobby');
    await announced(page, /now has the subject .bobby.\./);
    expect((await users.find('bobby')).hostUserId).to.equal('42');

    await users.link('robert', '43');
    await type(page, 'Rename', 'robert');
    await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
    await page.locator('#notice', { hasText: 'Both users are linked to a row' }).waitFor();
    await page.getByRole('button', { name: 'Remove link' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove link' }).click();
    await announced(page, /The link of .bobby. was removed\./);
    await type(page, 'Rename', 'robert');
    await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
    await page.locator('#user-title:focus', { hasText: 'robert' }).waitFor();
    const { grantedRoles, hostUserId, formerSubjects } = await users.find('robert');
    expect({ grantedRoles, hostUserId }).to.deep.equal({ grantedRoles: ['author'], hostUserId: '43' });
    expect(formerSubjects).to.include.members(['bob', 'bobby']);
    const actions = (await audit.list()).filter(({ actor }) => actor.subject === 'alice').map(({ action }) => action);
    expect([...new Set(actions)]).to.deep.equal(['user.merged', 'user.unlinked', 'user.renamed', 'user.linked']);
  });

  it('has no buttons for links without the option hostUsers, and none to rename if the directory cannot rename', async () => {
    const { renameUser: _, ...directory }: Directory = memoryDirectory();
    const page = await open({ directory });
    expect(await page.locator('#user-convert').isVisible()).to.equal(true);
    for (const name of ['link', 'unlink', 'rename']) {
      expect(await page.locator(`#user-${name}`).isVisible(), name).to.equal(false);
    }
  });
});

/** A users table in memory. */
function ownTable(): HostUsers {
  const rows = new Map<string, { id: number; createdFor: string }>();
  return {
    find: (subject) => rows.get(subject),
    create({ subject, userId }) {
      const row = rows.get(subject) ?? { id: rows.size + 1, createdFor: userId };
      rows.set(subject, row);
      return row;
    },
  };
}
