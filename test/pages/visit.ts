// Opens a page in Chromium. Each test fails if the browser reported an error.
import { expect } from 'chai';
import { after, afterEach, before, beforeEach } from 'mocha';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { AdminFeatures } from '../../src/pages/browser/admin/admin-features.js';
import type { PagesOptions } from '../../src/pages/pages.js';
import type { PageName } from '../../src/vocabulary/words.js';
import { type Chromium, type ObservedPage, startChromium } from '../support/chromium.js';
import { aClaim } from './samples.js';
import { type StandIn, startStandIn } from './stand-in.js';

export { stopClock } from '../support/chromium.js';

/** The user code of the tests' device. */
export const userCode = 'WDJB-MJHT';

/** How to open a page. */
export interface Visit extends BrowserContextOptions {
  /** Default: the page of the suite. */
  readonly name?: PageName;
  /** The query and hash after the page's name. */
  readonly address?: string;
  /** The selector to wait for. Default: waits until the page has loaded the user. */
  readonly until?: string;
}

export interface Visits {
  /** A new one for each test. */
  readonly standIn: StandIn;
  visit(visit?: Visit): Promise<Page>;
}

/** The settings of all visits of a suite. */
export interface Setting {
  readonly name?: PageName;
  readonly mount?: string;
  readonly pages?: PagesOptions;
  /** The features of the page `admin`. Default: all. */
  readonly features?: AdminFeatures;
  /**
   * How every visit of the suite opens its page. All visits then share one page, so that the browser compiles the
   * scripts and axe only once. After each visit the cookies are cleared. The stand-in's port gives each its own origin.
   */
  readonly onePage?: BrowserContextOptions;
}

/** Registers the hooks: one browser per suite, one stand-in per test, and no browser errors after any test. */
export function useVisits(setting: Setting = {}): Visits {
  let chromium: Chromium;
  let standIn: StandIn;
  let opened: ObservedPage[] = [];
  let shared: ObservedPage | undefined;

  before(async () => {
    chromium = await startChromium();
    shared = setting.onePage && (await chromium.open(setting.onePage));
  });
  after(() => chromium?.stop());
  beforeEach(async () => {
    standIn = await startStandIn(setting.mount, setting.pages, setting.features);
  });
  afterEach(async () => {
    const visited = opened;
    opened = [];
    await Promise.all(visited.map(leave));
    await standIn.stop();
    for (const { complaints } of visited) expect(complaints.splice(0)).to.deep.equal([]);
  });

  async function leave(observed: ObservedPage): Promise<void> {
    if (observed !== shared) return observed.context.close();
    await observed.page.goto('about:blank');
    await observed.context.clearCookies();
    await observed.page.emulateMedia({ colorScheme: null });
    const { viewport } = setting.onePage ?? {};
    if (viewport) await observed.page.setViewportSize(viewport);
  }

  return {
    get standIn() {
      return standIn;
    },
    async visit(visit = {}) {
      const { name = setting.name ?? 'quick-connect', address = '', until, ...options } = visit;
      const observed = shared ?? (await chromium.open({ locale: 'en-US', ...options }));
      opened.push(observed);
      await observed.page.goto(`${standIn.mount}/${name}${address}`);
      const ready = name === 'admin' ? '#sections' : '#connect .panel:not(#panel-loading)';
      await observed.page.locator(`${until ?? ready}:visible`).waitFor();
      return observed.page;
    },
  };
}

/** Presses "Connect a device" and waits for the code and the QR. */
export async function openCode(page: Page): Promise<void> {
  await page.locator('#panel-idle [data-connect]').click();
  await page.locator('#panel-open').waitFor();
  await page.locator('#qr').evaluate((image: { decode(): Promise<void> }) => image.decode());
}

/** Lets a device use the code, and waits until the page asks about it. */
export async function openClaim(standIn: StandIn, page: Page): Promise<void> {
  await openCode(page);
  standIn.claim();
  await page.locator('#panel-claimed').waitFor();
}

/** Enters the code of a waiting device, and waits until the page asks about it. */
export async function lookUp(standIn: StandIn, page: Page): Promise<void> {
  standIn.userCodes.set(userCode.replace('-', ''), aClaim({ device_name: 'Living room', platform: 'tvOS 19' }));
  await page.locator('#user-code').fill(userCode);
  await page.locator('#continue').click();
  await page.locator('#panel-decide').waitFor();
}

/** The heading that the card shows. */
export async function heading(page: Page): Promise<string> {
  return (await page.locator('#connect h2:visible').textContent()) ?? '';
}

/** Waits until the card's heading begins with this text. */
export async function untilHeading(page: Page, beginning: string): Promise<void> {
  await page.locator('#connect h2:visible', { hasText: new RegExp(`^${beginning}`) }).waitFor();
}

/** Presses Tab until the focused element has this id. */
export async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement.id')) === id) return;
  }
  throw new Error(`No Tab leads to ${id}`);
}
