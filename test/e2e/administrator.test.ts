// test/e2e: an administrator makes changes in a real browser at one instance. They take effect at the other, too.
import axe from 'axe-core';
import { expect } from 'chai';
import { setMapping } from '../../scripts/demo/administrator.js';
import { type Chromium, type ObservedPage, startChromium } from '../support/chromium.js';
import { pair, rolesOf, whoIs } from './journey.js';
import { sharedStack } from './shared-stack.js';
import type { Browser, Stack } from './stack.js';

describe('an administrator in a browser', function () {
  this.timeout(180_000);
  let stack: Stack;
  let chromium: Chromium;
  before(async () => {
    stack = await sharedStack();
    chromium = await startChromium();
  });
  after(async () => {
    await chromium?.stop();
    await setMapping((await stack.loggedIn('alice', 'admins')).one, 'late-*', []);
    await stack.database.query(`DELETE FROM latchkey_users WHERE subject = 'grace'`);
  });

  /** Opens a section of the administration page as alice, at the first instance, after a login at the portal. */
  async function openSection(section: string, colorScheme: 'light' | 'dark' = 'light'): Promise<ObservedPage> {
    const browser = await chromium.open({ colorScheme, viewport: { width: 1000, height: 1000 } });
    const { page } = browser;
    await page.goto(`${stack.one.front}/auth/admin`);
    await page.getByRole('button', { name: 'Log in as alice' }).click();
    await page.waitForURL('**/auth/admin');
    await page.locator(`#to-${section}`).click();
    await page.locator(`#section-${section}`).waitFor();
    return browser;
  }

  /** Logs carol in at both instances and pairs her phone. */
  async function carolWithPhone(): Promise<{ readonly her: Browser; readonly token: string }> {
    const her = await stack.loggedIn('carol', 'late-crew');
    for (const at of [her.one, her.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    const { token } = await pair(her.two, stack.two.front);
    return { her, token };
  }

  it('maps a group after a preview of the affected users, whose next request has the role', async () => {
    const { her, token } = await carolWithPhone();
    expect(rolesOf(await her.one.get('/auth/me'))).to.deep.equal([]);
    const { page, complaints } = await openSection('groups');
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('late-*');
    await page.locator('#mapping-roles').fill('operator');
    await page.locator('#preview:not([aria-busy])', { hasText: 'One user gains operator' }).waitFor();
    // The preview changes nothing.
    expect(rolesOf(await her.two.get('/auth/me'))).to.deep.equal([]);
    await page.locator('#mapping-note').fill('whoever works late');
    await page.locator('#mapping-save').click();
    await page.locator('#mapping').waitFor({ state: 'hidden' });
    for (const at of [her.two, her.one]) expect(rolesOf(await at.get('/auth/me'))).to.deep.equal(['operator']);
    expect(rolesOf(await whoIs(stack.two.front, token))).to.deep.equal(['operator']);
    expect(complaints).to.deep.equal([]);
  });

  it('is asked to confirm a pattern that makes users administrators', async () => {
    const { page, complaints } = await openSection('groups');
    await page.locator('#map-group').click();
    await page.locator('#mapping-group').fill('everybody-*');
    await page.locator('#mapping-roles').fill('admin');
    await page.locator('#mapping-wildcard-row').waitFor();
    await page.locator('#mapping-save').click();
    await page.locator('#mapping-wildcard-trouble').getByText('makes every matching user an administrator').waitFor();
    await page.locator('#mapping-cancel').click();
    const { rows } = await stack.database.query(`SELECT count(*)::integer AS count FROM latchkey_group_roles
      WHERE group_name LIKE 'everybody%'`);
    expect(rows).to.deep.equal([{ count: 0 }]);
    expect(complaints).to.deep.equal([]);
  });

  it('disables a user, whose header, session and phone are refused at both instances at once', async () => {
    const { her, token } = await carolWithPhone();
    const { page, complaints } = await openSection('users');
    await page.locator('#users-search').fill('carol');
    await page.locator('#users-search').press('Enter');
    await page.locator('#users-list').getByRole('link', { name: 'Carol Chang' }).click();
    await page.locator('#user-disable').click();
    await page.locator('#user-enable').waitFor();
    for (const at of [her.two, her.one]) {
      const refused = await at.get('/auth/me');
      expect([refused.status, refused.json['code']]).to.deep.equal([403, 'ERR_ACCOUNT_DISABLED']);
    }
    for (const front of [stack.two.front, stack.one.front]) expect((await whoIs(front, token)).status).to.equal(403);

    await page.locator('#user-enable').click();
    await page.locator('#user-disable').waitFor();
    expect((await whoIs(stack.two.front, token)).status).to.equal(200);
    expect((await her.two.get('/auth/me')).status).to.equal(200);
    expect(complaints).to.deep.equal([]);
  });

  it('adds a user who has not logged in yet, but not twice', async () => {
    const { page, complaints } = await openSection('users');
    const add = async () => {
      await page.getByRole('button', { name: 'Add user' }).click();
      await page.locator('#new-user-subject').fill('grace');
      await page.locator('#new-user-roles').fill('operator');
      await page.locator('#new-user-send').click();
    };
    await add();
    await page.locator('#user-title', { hasText: 'grace' }).waitFor();
    const { rows } = await stack.database.query(`SELECT auth_method, granted_roles FROM latchkey_users
      WHERE subject = 'grace'`);
    expect(rows).to.deep.equal([{ auth_method: 'proxy', granted_roles: ['operator'] }]);
    await page.goBack();
    await add();
    await page.locator('#new-user-subject-trouble').waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it('finds in the audit trail who changed whom, and from which address', async () => {
    const { page, complaints } = await openSection('audit');
    const entry = page.locator('#audit-list li', { hasText: 'User changed: carol' }).first();
    await entry.waitFor();
    expect(await entry.textContent()).to.match(/alice.*127\.0\.0\.1.*Disabled/su);
    expect(complaints).to.deep.equal([]);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`finds no axe violation in any section in the ${colorScheme} color scheme`, async () => {
      const { page, complaints } = await openSection('users', colorScheme);
      await page.evaluate(axe.source);
      for (const section of ['users', 'groups', 'devices', 'audit', 'explain']) {
        await page.locator(`#to-${section}`).click();
        await page.locator(`#section-${section}`).waitFor();
        const violations = await page.evaluate(
          'axe.run().then((result) => result.violations.map(({ id, nodes }) => [id, nodes[0].html]))',
        );
        expect(violations, section).to.deep.equal([]);
      }
      expect(complaints).to.deep.equal([]);
    });
  }
});
