// test/pages: how to bring each state of the page about, for the tests that hold in all of them.
import type { Page } from 'playwright-core';
import { device, type StandIn, type StandInDevice } from './stand-in.js';
import { openCode, untilHeading } from './visit.js';

type State = (standIn: StandIn, page: Page) => Promise<void>;

async function ended(standIn: StandIn, page: Page, status: string, beginning: string): Promise<void> {
  await openCode(page);
  standIn.become({ status });
  await untilHeading(page, beginning);
}

/** Every state, by name. The page is open already, with two devices. */
export const states: Readonly<Record<string, State>> = {
  idle: async (_standIn, page) => {
    await page.locator('.device').first().waitFor();
  },
  empty: async (standIn, page) => {
    standIn.devices.splice(0);
    await page.reload();
    await page.getByText('No device is connected yet.').waitFor();
  },
  open: (_standIn, page) => openCode(page),
  connected: async (standIn, page) => {
    await openCode(page);
    standIn.redeem('new', 'Pixel 9');
    await untilHeading(page, 'Connected');
    await page.locator('.device').nth(2).waitFor();
  },
  expired: (standIn, page) => ended(standIn, page, 'expired', 'The code has expired'),
  burned: (standIn, page) => ended(standIn, page, 'burned', 'The code was blocked'),
  cancelled: (standIn, page) => ended(standIn, page, 'cancelled', 'Cancelled'),
  login: async (standIn, page) => {
    standIn.me = undefined;
    await page.reload();
    await untilHeading(page, 'You are not logged in');
  },
  'logged out': async (_standIn, page) => {
    await page.getByRole('button', { name: 'Log out' }).click();
    await untilHeading(page, 'You are logged out');
  },
  unavailable: async (standIn, page) => {
    standIn.refuse(/^POST pairings$/, 503);
    await page.getByRole('button', { name: 'Connect a device' }).click();
    await page.getByText('The server cannot do this').waitFor();
  },
  confirm: async (_standIn, page) => {
    await page.getByRole('button', { name: /^Revoke .Pixel 8/ }).click();
    await page.getByRole('dialog').waitFor();
  },
  rename: async (_standIn, page) => {
    await page.getByRole('button', { name: /^Rename .Pixel 8/ }).click();
    await page.getByRole('dialog').waitFor();
  },
};

/** What the list holds before a state is brought about. */
export function someDevices(): StandInDevice[] {
  return [
    device('pixel', 'Pixel 8', { last_used_at: new Date(Date.now() - 300_000).toISOString() }),
    device('wide', 'W'.repeat(64), { paired_by: 'code', client_id: 'M'.repeat(64) }),
  ];
}
