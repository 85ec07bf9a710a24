// Functions that bring the quick-connect and activate pages into each of their states, in any language.
import type { Page } from 'playwright-core';
import { device, type StandInDevice, type StandInPairing } from './samples.js';
import type { StandIn } from './stand-in.js';
import { lookUp, openClaim, openCode, userCode } from './visit.js';

type State = (standIn: StandIn, page: Page) => Promise<void>;

const panel = (page: Page, name: string) => page.locator(`#panel-${name}`).waitFor();

function ended(status: StandInPairing['status']): State {
  return async (standIn, page) => {
    await openCode(page);
    standIn.become({ status });
    await panel(page, status);
  };
}

/** Enters wrong numbers, and waits for the response to each. */
export async function enterWrongNumbers(page: Page, numbers: readonly string[]): Promise<void> {
  for (const number of numbers) {
    await page.locator('#match-number').fill(number);
    const answer = page.waitForResponse(/approve$/);
    await page.locator('#approve').click();
    await answer;
  }
}

async function approveDevice(standIn: StandIn, page: Page): Promise<void> {
  await lookUp(standIn, page);
  await page.locator('#approve').click();
  await panel(page, 'approved');
}

const common: Readonly<Record<string, State>> = {
  login: async (standIn, page) => {
    standIn.me = undefined;
    await page.reload();
    await panel(page, 'login');
  },
  'cookie lost': async (standIn, page) => {
    standIn.me = undefined;
    await page.goto(`${page.url()}?from=login`);
    await panel(page, 'cookie-lost');
  },
  'still in': async (standIn, page) => {
    standIn.proxyLogin = true;
    await page.locator('#log-out').click();
    await panel(page, 'still-in');
  },
  'logged out': async (_standIn, page) => {
    await page.locator('#log-out').click();
    await panel(page, 'logged-out');
  },
  idle: async (_standIn, page) => {
    await page.locator('.device').first().waitFor();
  },
  empty: async (standIn, page) => {
    standIn.devices.splice(0);
    await page.reload();
    await page.locator('#devices-state:visible').waitFor();
  },
};

/** Every state of the `quick-connect` page, by name. The page is open already, with two devices. */
export const quickConnectStates: Readonly<Record<string, State>> = {
  ...common,
  open: (_standIn, page) => openCode(page),
  concealed: async (_standIn, page) => {
    await openCode(page);
    await leaveTab(page);
    await page.locator('#concealed').waitFor();
  },
  claimed: openClaim,
  'wrong number': async (standIn, page) => {
    await openClaim(standIn, page);
    await enterWrongNumbers(page, ['41']);
    await page.locator('#match-trouble:not(:empty)').waitFor();
  },
  approved: async (standIn, page) => {
    await openClaim(standIn, page);
    await page.locator('#match-number').fill('42');
    await page.locator('#approve').click();
    await panel(page, 'approved');
  },
  connected: async (standIn, page) => {
    await openCode(page);
    standIn.redeem('new', 'Pixel 9');
    await panel(page, 'connected');
    await page.locator('.device').nth(2).waitFor();
  },
  revoked: async (standIn, page) => {
    await openCode(page);
    standIn.redeem('new', 'Pixel 9');
    await page.locator('#revoke-now').click();
    await panel(page, 'revoked');
  },
  denied: ended('denied'),
  mismatched: async (standIn, page) => {
    await openClaim(standIn, page);
    await enterWrongNumbers(page, ['41', '43', '44']);
    await panel(page, 'mismatched');
  },
  expired: ended('expired'),
  burned: ended('burned'),
  cancelled: ended('cancelled'),
  replayed: async (standIn, page) => {
    await openCode(page);
    standIn.redeem('new', 'Pixel 9');
    await panel(page, 'connected');
    standIn.become({ status: 'burned' });
    await panel(page, 'replayed');
  },
  gone: async (standIn, page) => {
    await openCode(page);
    standIn.refuse(/^GET pairings/, 404);
    standIn.drop();
    await panel(page, 'gone');
  },
  unavailable: async (standIn, page) => {
    standIn.refuse(/^POST pairings$/, 503);
    await page.locator('#panel-idle [data-connect]').click();
    await page.locator('#notice').waitFor();
  },
  confirm: async (_standIn, page) => {
    await page.locator('[data-action=revoke]').first().click();
    await page.locator('#confirm').waitFor();
  },
  rename: async (_standIn, page) => {
    await page.locator('[data-action=rename]').first().click();
    await page.locator('#rename').waitFor();
  },
};

/** Every state of the `activate` page, by name. */
export const activateStates: Readonly<Record<string, State>> = {
  ...common,
  malformed: async (_standIn, page) => {
    await page.locator('#user-code').fill('AEIO');
    await page.locator('#continue').click();
    await page.locator('#user-code-trouble:not(:empty)').waitFor();
  },
  unknown: async (_standIn, page) => {
    await page.locator('#user-code').fill(userCode);
    await page.locator('#continue').click();
    await page.locator('#user-code-trouble:not(:empty)').waitFor();
  },
  throttled: async (standIn, page) => {
    standIn.refuse(/verification$/, 429, 'Too many attempts', 'ERR_THROTTLED', 600);
    await page.locator('#user-code').fill(userCode);
    await page.locator('#continue').click();
    await page.locator('#notice').waitFor();
  },
  decide: lookUp,
  approved: approveDevice,
  connected: async (standIn, page) => {
    await approveDevice(standIn, page);
    standIn.redeem('new', 'Living room');
    await panel(page, 'connected');
    await page.locator('.device').nth(2).waitFor();
  },
  denied: async (standIn, page) => {
    await lookUp(standIn, page);
    await page.locator('#deny').click();
    await panel(page, 'denied');
  },
  over: async (standIn, page) => {
    await lookUp(standIn, page);
    standIn.userCodes.clear();
    await page.locator('#approve').click();
    await panel(page, 'over');
  },
  expired: async (standIn, page) => {
    await approveDevice(standIn, page);
    standIn.become({ status: 'expired' });
    await panel(page, 'expired');
  },
  cancelled: async (standIn, page) => {
    await approveDevice(standIn, page);
    await page.locator('[data-cancel]:visible').click();
    await panel(page, 'cancelled');
  },
};

/** The devices in the list at the start. */
export function someDevices(): StandInDevice[] {
  return [
    device('pixel', 'Pixel 8', {
      app_version: '4.2.0',
      platform: 'Android 16',
      last_used_at: new Date(Date.now() - 300_000).toISOString(),
      last_address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
    }),
    device('wide', 'W'.repeat(64), { paired_by: 'code', client_id: 'M'.repeat(64), platform: 'P'.repeat(64) }),
  ];
}

/** Hides the page as if the user left its tab. In tests, the browser does not hide pages by itself. */
export async function leaveTab(page: Page): Promise<void> {
  await setHidden(page, true);
}

/** Shows the page again. */
export async function returnToTab(page: Page): Promise<void> {
  await setHidden(page, false);
}

async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
    document.dispatchEvent(new Event('visibilitychange'))`);
}
