// Functions that bring the page `admin` into each of its states, one after the other.

import type { Page } from 'playwright-core';
import type { ExplainResponse } from '../../src/vocabulary/wire/explain-json.js';
import { aMapping, anEntry, aUser, configured, owned } from './admin-samples.js';
import type { StandIn } from './stand-in.js';

type State = (page: Page, standIn: StandIn) => Promise<void>;

const roles = Array.from({ length: 60 }, (_, index) => `role-${index}`);
const longGroup = 'g'.repeat(512);

/** Adds users, mappings, devices and audit entries with names of every kind to an empty stand-in. */
export function populate({ admin }: StandIn): void {
  admin.users.push(
    aUser('ada', {
      display_name: 'Ada Lovelace',
      email: 'ada@example.com',
      groups: ['admins', 'data-eng', 'staff'],
      granted_roles: ['editor'],
    }),
    aUser('paul', { pending: true, email: 'paul@example.com' }),
    aUser('linus', { auth_method: 'local', disabled: true, last_asserted_at: null, granted_roles: ['editor'] }),
    aUser('noor', { display_name: 'نور الهدى', groups: ['فريق'] }),
    aUser('W'.repeat(255), { id: 'wide', display_name: 'W'.repeat(320), groups: [longGroup], granted_roles: roles }),
  );
  admin.mappings.push(
    configured('admins', ['admin']),
    aMapping('data-*', ['analyst'], { note: 'Ask Grace. '.repeat(40) }),
    aMapping(longGroup, roles, { changed_by: null }),
    aMapping('فريق', ['قارئ'], { changed_by: 'W'.repeat(255), note: 'M'.repeat(500) }),
  );
  admin.devices.push(
    owned('d1', 'Pixel 8', 'ada', { app_version: '4.2.0', platform: 'Android 16', last_address: '2001:db8::7' }),
    owned('d2', 'W'.repeat(64), 'W'.repeat(255), { client_id: 'M'.repeat(64), platform: 'P'.repeat(64) }),
  );
  admin.entries.push(
    anEntry('6', 'user.changed', {
      subject: 'ada',
      changes: {
        granted_roles: { from: ['editor', 'reader'], to: ['editor', 'writer'] },
        disabled: { from: true, to: false },
      },
    }),
    anEntry('5', 'mapping.set', { group: longGroup, changes: { roles: { to: roles }, note: { to: 'M'.repeat(500) } } }),
    anEntry('4', 'device.renamed', {
      subject: 'W'.repeat(255),
      changes: { name: { from: 'W'.repeat(64), to: 'نور' } },
    }),
    anEntry('3', 'user.created', { actor: { subject: null, address: null }, subject: 'noor' }),
    anEntry('2', 'something.new', { changes: { unheard_of: { from: 'a', to: 'b' } } }),
  );
}

/** The explanation of a refused request. */
export const refusal: ExplainResponse = {
  outcome: 'refused',
  code: 'ERR_ACCOUNT_DISABLED',
  steps: [
    { step: 'peer', address: '10.0.0.7', trusted: true },
    { step: 'target', target: '/reports', canonical: true, unguarded: false, shared: false },
    { step: 'proxy_secret', required: true, held: true, assumed: false },
    {
      step: 'headers',
      headers: [
        { name: 'Remote-User', kind: 'user', value: 'linus', code: null },
        { name: 'Remote-Groups', kind: 'groups', value: longGroup, code: null },
        { name: 'X-Proxy-Secret', kind: 'secret', value: null, code: null },
      ],
    },
    {
      step: 'assertion',
      subject: 'linus',
      display_name: 'Linus',
      email: null,
      groups: ['staff', longGroup],
      left_out: [],
    },
    {
      step: 'account',
      user: { ...aUser('linus', { disabled: true }), managed_roles: [], roles: [] },
      provisioning: 'unchanged',
    },
    {
      step: 'mappings',
      mappings: [
        { group: 'st*', source: 'directory', matched: ['staff'], roles: ['reader', 'writer'] },
        { group: longGroup, source: 'configuration', matched: [longGroup], roles },
      ],
    },
    { step: 'roles', managed: ['reader', 'writer'], granted: roles, roles: [...roles, 'reader', 'writer'] },
    { step: 'admission', header: 'ERR_ACCOUNT_DISABLED', session: null, token: 'ERR_ACCOUNT_DISABLED' },
  ],
};

/** Goes to a section or a user, as a link would. */
export async function goTo(page: Page, place: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
}

async function showUser(page: Page, id: string): Promise<void> {
  await goTo(page, `users/${id}`);
  await page.locator('#user-known').waitFor();
  await page.locator('#user-devices-list:not([aria-busy])').waitFor({ state: 'attached' });
}

async function openForm(page: Page): Promise<void> {
  await goTo(page, 'groups');
  await page.locator('#map-group').click();
}

/** Every state, grouped in runs whose states follow each other on one page. */
export const adminStates: Readonly<Record<string, Readonly<Record<string, State>>>> = {
  users: {
    users: async (page) => {
      await page.locator('#users-list .row').nth(4).waitFor();
    },
    'new user': async (page) => {
      await page.locator('#add-user').click();
      await page.locator('#new-user-send').click();
      await page.locator('#new-user-subject-trouble:not(:empty)').waitFor();
      await page.locator('#new-user-subject').fill('W'.repeat(255));
      await page.locator('#new-user-roles').fill('writer, !');
      await page.locator('#new-user-send').click();
      await page.locator('#new-user-subject-trouble:not(:empty)').waitFor();
    },
    'new user, not one to add': async (page) => {
      await page.locator('#new-user-subject').fill('grace');
      await page.locator('#new-user-send').click();
      await page.locator('#new-user-roles-trouble:not(:empty)').waitFor();
      await page.locator('#new-user-cancel').click();
    },
    'no user found': async (page) => {
      await page.locator('#users-search').fill('nobody');
      await page.locator('#users-list .row').first().waitFor({ state: 'detached' });
    },
    'more users': async (page, { admin }) => {
      admin.users.push(...Array.from({ length: 51 }, (_, index) => aUser(`user-${index}`)));
      await page.locator('#users-search').fill('user-');
      await page.locator('#users-more').waitFor();
    },
  },
  'one user': {
    user: (page) => showUser(page, 'id-ada'),
    'user, role missing': async (page) => {
      await page.locator('#add-role-send').click();
      await page.locator('#add-role-name-trouble:not(:empty)').waitFor();
    },
    'user, convert': async (page) => {
      await page.locator('#user-convert').click();
      await page.locator('#ask').waitFor();
    },
    'user, rename': async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('#user-rename').click();
      await page.locator('#ask-yes').click();
      await page.locator('#ask-trouble:not(:empty)').waitFor();
    },
    'user, merge': async (page) => {
      await page.locator('#ask-typed').fill('W'.repeat(255));
      await page.locator('#ask-yes').click();
      await page.locator('#ask-more .facts').waitFor();
    },
    'user, link': async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('#user-link').click();
      await page.locator('#ask-yes').click();
      await page.locator('#ask-trouble:not(:empty)').waitFor();
    },
    'user, remove link': async (page) => {
      await page.locator('#ask-typed').fill('7'.repeat(255));
      await page.locator('#ask-yes').click();
      await page.locator('#user-unlink').click();
    },
    'user, delete': async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('#user-delete').click();
      await page.keyboard.press('Enter');
      await page.locator('#ask-trouble:not(:empty)').waitFor();
    },
  },
  'other users': {
    'user who waits': (page) => showUser(page, 'id-paul'),
    'user with a local account': (page) => showUser(page, 'id-linus'),
    'user with a long name and sixty roles': (page) => showUser(page, 'wide'),
  },
  mappings: {
    mappings: async (page) => {
      await goTo(page, 'groups');
      await page.locator('#mappings-rows tr').nth(3).waitFor();
    },
    'mapping, nothing typed': async (page) => {
      await openForm(page);
      await page.locator('#mapping-save').click();
      await page.locator('#mapping-group-trouble:not(:empty)').waitFor();
    },
    'mapping, makes administrators': async (page) => {
      await page.locator('#mapping-group').fill('*');
      await page.locator('#mapping-roles').fill('admin, writer');
      await page.locator('#mapping-wildcard').check();
      await page.locator('.preview-list').waitFor();
    },
  },
  'long mappings': {
    'mapping, long': async (page) => {
      await goTo(page, 'groups');
      await page.locator('#mappings-rows tr').nth(2).locator('button').first().click();
      await page.locator('#preview:not([aria-busy]):not(:empty)').waitFor();
    },
    'mapping, delete': async (page) => {
      await page.locator('#mapping-cancel').click();
      await page.locator('#mappings-rows tr').nth(2).locator('button').last().click();
      await page.locator('#ask').waitFor();
    },
  },
  'devices and audit trail': {
    devices: async (page) => {
      await goTo(page, 'devices');
      await page.locator('#devices-list .device').nth(1).waitFor();
    },
    'audit trail': async (page) => {
      await goTo(page, 'audit');
      await page.locator('#audit-list .entry').nth(4).waitFor();
    },
  },
  explain: {
    'explain a user': async (page, { admin }) => {
      await goTo(page, 'explain');
      await page.locator('#explain-send').click();
      await page.locator('#explain-subject-trouble:not(:empty)').waitFor();
      admin.explanation = { outcome: 'nobody', code: null, steps: refusal.steps.slice(0, 3) } satisfies ExplainResponse;
      await page.locator('#explain-subject').fill('ada');
      await page.locator('#explain-send').click();
      await page.locator('#explanation').waitFor();
    },
    'explain a request': async (page, { admin }) => {
      admin.explanation = refusal;
      await page.locator('#explain-of-request').check();
      await page.locator('#explain-headers').fill('Remote-User: ada');
      await page.locator('#explain-send').click();
      await page.locator('#explain-steps li').nth(8).waitFor();
    },
  },
  trouble: {
    'user, changed meanwhile': async (page, { admin }) => {
      await showUser(page, 'id-ada');
      Object.assign(admin.users[0] ?? {}, { version: 2 });
      await page.locator('#user-disable').click();
      await page.locator('#notice').waitFor();
    },
    unavailable: async (page, standIn) => {
      standIn.refuse(/^GET admin\/devices/, 503);
      await goTo(page, 'devices');
      await page.locator('#notice').waitFor();
    },
    forbidden: async (page, standIn) => {
      standIn.refuse(/admin\//, 403, 'The role is missing', 'ERR_ROLE_REQUIRED');
      await goTo(page, 'groups');
      await page.locator('#panel-forbidden').waitFor();
    },
    login: async (page, standIn) => {
      standIn.me = undefined;
      await page.locator('#panel-forbidden button').click();
      await page.locator('#panel-login').waitFor();
    },
  },
};
