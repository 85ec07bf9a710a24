// test/pages: a visit to the page. Each ends with the question whether the browser had anything to complain about.
import { expect } from 'chai';
import { after, afterEach, before, beforeEach } from 'mocha';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { type Chromium, type ObservedPage, startChromium } from '../support/chromium.js';
import { type StandIn, startStandIn } from './stand-in.js';

export interface Visits {
  /** Anew for each test. */
  readonly standIn: StandIn;
  /** Opens the page and waits until it has looked up who is there, or for what is said to come instead. */
  visit(options?: BrowserContextOptions, until?: string): Promise<Page>;
}

/** Registers the hooks: one browser a suite, one stand-in a test, no complaint after any. */
export function useVisits(mount?: string): Visits {
  let chromium: Chromium;
  let standIn: StandIn;
  let opened: ObservedPage[] = [];

  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.stop());
  beforeEach(async () => {
    standIn = await startStandIn(mount);
  });
  afterEach(async () => {
    const visited = opened;
    opened = [];
    await Promise.all(visited.map(({ context }) => context.close()));
    await standIn.stop();
    for (const { complaints } of visited) expect(complaints).to.deep.equal([]);
  });

  return {
    get standIn() {
      return standIn;
    },
    async visit(options, until = '#connect .panel:not(#panel-loading)') {
      const observed = await chromium.open(options);
      opened.push(observed);
      await observed.page.goto(standIn.url);
      await observed.page.locator(`${until}:visible`).waitFor();
      return observed.page;
    },
  };
}

/** Presses "Connect a device" and waits for the code and the QR. */
export async function openCode(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect a device' }).click();
  await page.locator('#panel-open').waitFor();
  await page.locator('#qr').evaluate((image: { decode(): Promise<void> }) => image.decode());
}

/** The heading that the card shows. */
export async function heading(page: Page): Promise<string> {
  return (await page.locator('#connect h2:visible').textContent()) ?? '';
}

/** Waits until the card's heading begins like this. */
export async function untilHeading(page: Page, beginning: string): Promise<void> {
  await page.locator('#connect h2:visible', { hasText: new RegExp(`^${beginning}`) }).waitFor();
}
