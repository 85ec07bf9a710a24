// The page `admin`: the devices of all users, the audit trail, and the explanation of a request.

import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ExplainResponse, WireHeader } from '../../src/vocabulary/wire/explain-json.js';
import { aMapping, anEntry, aUser, owned } from './admin-samples.js';
import { refusal } from './admin-states.js';
import { useVisits } from './visit.js';

describe('devices on the page admin', () => {
  const visits = useVisits({ name: 'admin' });

  it('are found by name, app or owner, and revoked after confirmation', async () => {
    const { devices } = visits.standIn.admin;
    devices.push(owned('d1', 'Pixel 8', 'ada'), owned('d2', 'Radio', 'grace'), owned('d3', 'Watch', 'ada'));
    const page = await visits.visit({ address: '#devices', until: '#devices-list' });
    await page.locator('#devices-search').fill('ada');
    await page.locator('#devices-list .device', { hasText: 'Radio' }).waitFor({ state: 'detached' });
    expect(await page.locator('#devices-list .device-owner').allTextContents()).to.deep.equal([
      'Owner: ada',
      'Owner: ada',
    ]);
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(devices).to.have.length(3);

    Object.assign(devices[0] ?? {}, { name: 'Bedside', version: 2 });
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('alert').getByText('Someone else changed this record').waitFor();
    expect(devices).to.have.length(3);
    await page.getByRole('button', { name: /^Revoke .Bedside/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('#devices-title:focus').waitFor();
    expect(devices.map(({ id }) => id)).to.deep.equal(['d2', 'd3']);
    expect(await page.locator('#devices-list .device').count()).to.equal(1);
  });
});

describe('the audit trail on the page admin', () => {
  const visits = useVisits({ name: 'admin' });

  it('shows who changed what, from which value to which', async () => {
    visits.standIn.admin.entries.push(
      anEntry('3', 'user.changed', {
        subject: 'ada',
        changes: {
          granted_roles: { from: ['editor', 'reader'], to: ['editor', 'writer'] },
          disabled: { from: true, to: false },
          auth_method: { from: 'proxy', to: 'local' },
        },
      }),
      anEntry('2', 'mapping.set', {
        group: 'staff',
        actor: { subject: 'grace', address: null },
        changes: { roles: { to: ['reader'] }, note: { to: 'Everybody.' } },
      }),
      anEntry('1', 'something.new', {
        actor: { subject: null, address: null },
        changes: { unheard_of: { from: 'a' } },
      }),
    );
    const page = await visits.visit({ address: '#audit', until: '#audit-list', timezoneId: 'Europe/Paris' });
    const entries = await page.locator('#audit-list .entry').allInnerTexts();
    // A narrow no-break space separates the time from AM or PM.
    const lines = entries.map((text) =>
      text
        .replace(/\u202f/g, ' ')
        .trim()
        .split(/\s*\n\s*/),
    );
    expect(lines).to.deep.equal([
      [
        'User changed: ada',
        'Nov 3, 2026, 10:30 AM · by grace from 198.51.100.7',
        'Granted roles',
        'added writer · removed reader',
        'Disabled',
        'yes → no',
        'Account type',
        'Proxy → Local',
      ],
      ['Mapping set: staff', 'Nov 3, 2026, 10:30 AM · by grace', 'Roles', 'added reader', 'Note', 'none → Everybody.'],
      ['something.new', 'Nov 3, 2026, 10:30 AM · by the server', 'unheard_of', 'a → none'],
    ]);
  });

  it('can be filtered, is loaded page by page, and can be downloaded with the same filters', async () => {
    visits.standIn.admin.entries.push(
      ...Array.from({ length: 60 }, (_, index) => anEntry(String(index), 'user.changed', { subject: 'ada' })),
      anEntry('90', 'mapping.set', { group: 'staff' }),
      anEntry('91', 'user.changed', { subject: 'ada', actor: { subject: 'noor', address: null } }),
      anEntry('92', 'user.changed', { subject: 'ada', at: '2026-10-01T00:00:00Z' }),
    );
    const page = await visits.visit({ address: '#audit', until: '#audit-list', timezoneId: 'Europe/Paris' });
    await page.locator('#audit-actor').fill('grace');
    await page.locator('#audit-subject').fill('ada');
    await page.locator('#audit-action').selectOption('user.changed');
    await page.locator('#audit-since').fill('2026-11-01T01:00');
    await page.locator('#audit-until').fill('2026-11-30T01:00');
    const answer = page.waitForResponse(/until=/);
    await page.getByRole('button', { name: 'Filter' }).click();
    const filters =
      'actor=grace&action=user.changed&subject=ada&since=2026-11-01T00%3A00%3A00.000Z&until=2026-11-30T00%3A00%3A00.000Z';
    await answer;
    expect(visits.standIn.requests.at(-1)).to.equal(`GET admin/audit?${filters}&limit=50`);
    // The list and the download use the filters as submitted, not this later input.
    await page.locator('#audit-actor').fill('noor');
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.locator('#audit-list .entry').nth(59).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as JSON Lines' }).click();
    expect((await download).suggestedFilename()).to.equal('audit.jsonl');
    expect(visits.standIn.requests.at(-1)).to.equal(`GET admin/audit?${filters}&format=jsonl`);
    expect(await page.locator('#audit-list .entry').count()).to.equal(60);
  });
});

describe('the explanation on the page admin', () => {
  const visits = useVisits({ name: 'admin' });
  const visitExplain = () => visits.visit({ address: '#explain', until: '#explain-form' });

  it('shows a user’s current account', async () => {
    visits.standIn.admin.users.push(aUser('ada', { groups: ['data-eng'] }));
    visits.standIn.admin.mappings.push(aMapping('data-*', ['analyst']));
    const page = await visitExplain();
    await page.locator('#explain-send').click();
    await page.getByRole('alert').getByText('Enter a subject.').waitFor();
    await page.locator('#explain-subject').fill('ada');
    await page.keyboard.press('Enter');
    await page.locator('#explanation').waitFor();
    expect(visits.standIn.bodies.at(-1)).to.deep.equal({ subject: 'ada' });
    expect(await page.locator('#explain-steps .step-text').allTextContents()).to.deep.equal([
      'The user ada exists.',
      'These mappings match the groups:data-* gives analyst (matched by data-eng)',
    ]);
    expect(await page.locator('#explain-outcome').textContent()).to.equal('Accepted');
    expect(await page.locator('#live').textContent()).to.equal('Accepted');
    await page.locator('#explain-steps a').click();
    await page.locator('#user-title:focus').waitFor();
  });

  it('reads pasted headers line by line', async () => {
    const page = await visitExplain();
    await page.getByRole('radio', { name: 'A request' }).check();
    const send = page.locator('#explain-send');
    await send.click();
    await page.getByRole('alert').getByText('Paste at least one header.').waitFor();
    await page.locator('#explain-headers').fill('Remote-User: linus\n\nGET / HTTP/1.1');
    await send.click();
    await page.getByRole('alert').getByText('Line 3 is not a header').waitFor();
    await page.locator('#explain-headers').fill('Remote-User: linus\r\nRemote-User:ada\nX-Time: 10:30 ');
    await page.locator('#explain-peer').fill('10.0.0.7');
    await send.click();
    await page.locator('#explanation').waitFor();
    const headers = [
      ['Remote-User', 'linus'],
      ['Remote-User', 'ada'],
      ['X-Time', '10:30'],
    ];
    expect(visits.standIn.bodies.at(-1)).to.deep.equal({ headers, peer: '10.0.0.7' });
  });

  it('lists each step with its result in words, and the outcome at the end', async () => {
    visits.standIn.admin.explanation = refusal;
    const page = await visitExplain();
    await page.locator('#explain-subject').fill('linus');
    await page.locator('#explain-send').click();
    await page.locator('#explanation').waitFor();
    const verdicts = await page.locator('#explain-steps .step-verdict').allTextContents();
    expect(verdicts).to.deep.equal([...Array.from({ length: 8 }, () => '✓Passed'), '✗Refused']);
    const steps = await page.locator('#explain-steps .step-text').allTextContents();
    expect(steps[0]).to.equal('The request comes from 10.0.0.7, which is a trusted proxy.');
    expect(steps[3]).to.include('X-Proxy-Secretthe proxy secretnot shown');
    expect(steps[8]).to.equal(
      'At least one sign-in method refuses the account:Proxy headersrefused with ERR_ACCOUNT_DISABLED' +
        'SessionacceptedDevice tokenrefused with ERR_ACCOUNT_DISABLED',
    );
    expect(await page.locator('#explain-outcome').textContent()).to.equal('Refused with ERR_ACCOUNT_DISABLED');

    visits.standIn.admin.explanation = {
      outcome: 'nobody',
      code: null,
      steps: [
        { step: 'peer', address: null, trusted: false },
        { step: 'target', target: '//x', canonical: false, unguarded: false, shared: false },
        { step: 'target', target: '/api', canonical: true, unguarded: true, shared: false },
        { step: 'target', target: '/both', canonical: true, unguarded: false, shared: true },
        { step: 'header_login', enabled: false },
        { step: 'proxy_secret', required: true, held: false, assumed: false },
        { step: 'headers', headers: [{ name: 'remote_user', kind: 'alias', value: 'x', code: 'ERR_HEADER_ALIAS' }] },
        { step: 'account', user: null, provisioning: 'none' },
        { step: 'account', user: null, provisioning: 'create' },
        { step: 'mappings', mappings: [] },
        { step: 'roles', managed: [], granted: [], roles: [] },
      ],
    } satisfies ExplainResponse;
    await page.locator('#explain-send').click();
    await page.getByText('The request would continue without a user.').first().waitFor();
    expect(await page.locator('#explain-steps .step-verdict').allTextContents()).to.deep.equal([
      ...Array.from({ length: 3 }, () => '✗Refused'),
      '✓Passed',
      '·Note',
      ...Array.from({ length: 3 }, () => '✗Refused'),
      '✓Passed',
      '·Note',
      '·Note',
    ]);

    const nameless: WireHeader = { name: 'Remote-Name', kind: 'name', value: 'null', code: 'ERR_HEADER_PLACEHOLDER' };
    visits.standIn.admin.explanation = {
      outcome: 'admitted',
      code: null,
      steps: [
        { step: 'headers', headers: [{ name: 'Remote-User', kind: 'user', value: 'linus', code: null }, nameless] },
        ...refusal.steps.slice(4, 5),
        { step: 'roles', managed: [], granted: [], default: ['member'], roles: ['member'] },
      ],
    } satisfies ExplainResponse;
    await page.locator('#explain-send').click();
    await page.locator('#explain-outcome .outcome-admitted').waitFor();
    expect(await page.locator('#explain-steps li p').allTextContents()).to.include('Every user has: member.');
    expect(await page.locator('#explain-steps .step-verdict').allTextContents()).to.deep.equal([
      '·Note',
      '✓Passed',
      '✓Passed',
    ]);
    expect(await page.locator('#explain-steps .step-text').first().textContent()).to.include(
      'Remote-Namethe nameERR_HEADER_PLACEHOLDER null',
    );
  });
});
