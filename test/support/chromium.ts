// A real browser. Debian's headless shell of Chromium, driven by playwright-core, cut off from every network but
// loopback. The shell draws the same pages in half the time of the whole browser.
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from './programs.js';
import { atEnd } from './root-hooks.js';

/** A page, and what went wrong in it so far. */
export interface ObservedPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Script errors, errors on the console, violated directives and hosts that were asked for outside loopback. */
  readonly complaints: string[];
}

export interface Chromium {
  /** A page in a context of its own: no cookie, no cache, nothing of the pages before it. */
  open(options?: BrowserContextOptions): Promise<ObservedPage>;
  stop(): Promise<void>;
}

/** The one browser of this process: to start it takes longer than most tests. */
let shared: Promise<Browser> | undefined;

/** Starts Chromium with an empty profile. Throws with the way to install it where it is missing. */
export async function startChromium(): Promise<Chromium> {
  // One that has crashed must not fail the suites that come next.
  if (shared === undefined || !(await shared).isConnected()) shared = launch();
  const browser = await shared;
  const contexts = new Set<BrowserContext>();
  return {
    async open(options = {}) {
      const observed = await open(browser, options);
      contexts.add(observed.context);
      return observed;
    },
    async stop() {
      for (const context of contexts) await context.close();
    },
  };
}

async function launch(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: await findProgram('chromium-headless-shell'),
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]',
    ],
  });
  // A process that runs files side by side with others has more files to come, and is ended from outside. Playwright then
  // ends the browser.
  if (process.env['MOCHA_WORKER_ID'] === undefined) {
    atEnd(async () => {
      shared = undefined;
      await browser.close();
    });
  }
  return browser;
}

async function open(browser: Browser, options: BrowserContextOptions): Promise<ObservedPage> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  // Only watched: the rule above lets the browser find no such host, and to hold each request back takes most of a visit.
  context.on('requestfailed', (request) => {
    const looked = request.failure()?.errorText === 'net::ERR_NAME_NOT_RESOLVED';
    if (looked) complaints.push(`asked for ${new URL(request.url()).host}`);
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`threw ${error.message}`));
  page.on('console', (message) => {
    // A failed fetch is on the console whatever the page makes of it; those are for the tests to judge.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  await page.exposeFunction('latchkeyViolation', (directive: string) => complaints.push(`violated ${directive}`));
  await page.addInitScript({
    content: "addEventListener('securitypolicyviolation', (event) => latchkeyViolation(event.effectiveDirective));",
  });
  return { context, page, complaints };
}

/**
 * Stops the page's clock, at some instant: its time goes on by `page.clock.runFor` alone, however slow the computer is.
 * What the page has begun to wait for before goes on by itself.
 */
export async function stopClock(page: Page): Promise<void> {
  const now = Date.now();
  await page.clock.install({ time: now });
  // Time flows until it is told to stop at an instant that has not come yet.
  await page.clock.pauseAt(now + 60_000);
}
