// H25: names from users, apps and proxies contain markup or direction characters, or are very long. The page for
// administrators shows them as text, in their own place.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { aMapping, anEntry, aUser, owned } from '../pages/admin-samples.js';
import { goTo } from '../pages/admin-states.js';
import { useVisits } from '../pages/visit.js';

const markup = [
  '<script>document.title = "owned"</script>',
  '<img src=x onerror="document.title = \'owned\'">',
  '"><svg onload="document.title = \'owned\'">',
  '{name} {group} {role} & <b>bold</b>',
  '__proto__',
  'javascript:alert(1)',
];
// An override, and an isolate without an end, which would hide the end of a bdi.
const turned = 'a\u202e\u2067gpj.exe';

describe('H25: hostile names on the page admin', () => {
  const visits = useVisits({ name: 'admin' });

  for (const name of markup) {
    it(`shows ${JSON.stringify(name)} as text wherever a name appears`, async () => {
      hostile(name);
      const page = await visits.visit();
      const elements = await count(page);
      const seen = async (selector: string) => page.locator(selector).first().textContent();
      await page.locator('#users-list .row').waitFor();
      expect(await seen('#users-list h3')).to.equal(name);
      expect(await seen('#users-list .chip')).to.equal(name);
      await page.locator('#users-list a').click();
      await page.locator('#user-devices-list .device').waitFor();
      for (const id of ['#user-title', '#user-groups .chip', '#user-granted .chip', '#user-devices-list h3']) {
        expect(await seen(id), id).to.equal(name);
      }
      await page.locator('#user-delete').click();
      expect(await seen('#ask-title')).to.equal(`Delete ${name}?`);
      await page.keyboard.press('Escape');
      await goTo(page, 'groups');
      await page.locator('#mappings-rows button').first().click();
      expect(await page.locator('#mapping-group').inputValue()).to.equal(name);
      expect(await seen('.group-name')).to.equal(name);
      await goTo(page, 'audit');
      await page.locator('#audit-list .entry').waitFor();
      expect(await seen('#audit-list h3')).to.equal(`${name}: ${name}`);
      expect(await seen('#audit-list dt')).to.equal(name);
      await goTo(page, 'explain');
      await page.locator('#explain-subject').fill(name);
      await page.locator('#explain-send').click();
      await page.locator('#explanation').waitFor();
      expect(await seen('#explain-outcome code')).to.equal(name);
      expect(await page.title()).to.equal('Explain · Users and roles');
      expect(await count(page)).to.deep.equal(elements);
    });
  }

  it('removes direction characters from every name', async () => {
    hostile(turned);
    const page = await visits.visit();
    await page.locator('#users-list .row').waitFor();
    await page.locator('#users-list a').click();
    await page.locator('#user-devices-list .device').waitFor();
    for (const place of ['users/none', 'groups', 'devices', 'audit', 'explain']) {
      await goTo(page, place);
      expect(await page.locator('main').textContent(), place).not.to.match(/[\u202a-\u202e\u2066-\u2069]/);
    }
  });

  it('follows only its own addresses', async () => {
    hostile('x');
    Object.assign(visits.standIn.admin.users[0] ?? {}, { id: '//evil.example/#javascript:alert(1)' });
    const page = await visits.visit();
    await page.locator('#users-list .row').waitFor();
    const links = await page
      .locator('a[href]')
      .evaluateAll((found) => found.map((link) => new URL((link as unknown as { href: string }).href).pathname));
    expect(links.filter((path) => !/^\/auth\/(admin|login)/.test(path))).to.deep.equal([]);
  });

  it('serves documents without names, which only scripts insert, as text', async () => {
    hostile('owned');
    const html = await (await fetch(`${visits.standIn.mount}/admin`)).text();
    expect(html).not.to.include('owned');
  });

  function hostile(name: string): void {
    const { admin } = visits.standIn;
    visits.standIn.me = { subject: name, display_name: name };
    admin.users.push(aUser(name, { id: name, display_name: name, email: name, groups: [name], granted_roles: [name] }));
    admin.mappings.push(aMapping(name, [name], { note: name, changed_by: name }));
    admin.devices.push(owned('d1', name, name, { client_id: name, platform: name, app_version: name }));
    admin.entries.push(
      anEntry('1', name, {
        actor: { subject: name, address: name },
        subject: name,
        group: name,
        changes: JSON.parse(
          `{${JSON.stringify(name)}: {"from": ${JSON.stringify(name)}, "to": [${JSON.stringify(name)}]}}`,
        ),
      }),
    );
    admin.explanation = {
      outcome: 'refused',
      code: name,
      steps: [
        { step: 'peer', address: name, trusted: false },
        { step: 'target', target: name, canonical: false, unguarded: false, shared: false },
        { step: 'headers', headers: [{ name, kind: 'user', value: name, code: name }] },
        { step: 'assertion', subject: name, display_name: name, email: name, groups: [name] },
        { step: 'mappings', mappings: [{ group: name, source: 'directory', matched: [name], roles: [name] }] },
        { step: 'admission', header: name, session: null, token: name },
      ],
    };
  }
});

/** Counts the elements that a name must never create. */
function count(page: Page): Promise<unknown> {
  return page.evaluate(`['script', 'img', 'b', 'svg', 'iframe'].map((name) => document.querySelectorAll(name).length)`);
}
