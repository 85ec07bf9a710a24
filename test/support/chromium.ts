// Starts a real browser: Debian's headless shell of Chromium, driven by playwright-core, with access to loopback only.
// The shell draws the same pages in half the time of the full browser.
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from './programs.js';
import { atEnd } from './root-hooks.js';

/** A page, and the problems in it so far. */
export interface ObservedPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Script errors, console errors, violated CSP directives, and requested hosts outside loopback. */
  readonly complaints: string[];
}

export interface Chromium {
  /** Opens a page in a new context, without cookies and without a cache. */
  open(options?: BrowserContextOptions): Promise<ObservedPage>;
  stop(): Promise<void>;
}

/** The one browser of this process, because its start takes longer than most tests. */
let shared: Promise<Browser> | undefined;

/**
 * Starts Chromium with an empty profile.
 * @throws if it is missing; the message says how to install it.
 */
export async function startChromium(): Promise<Chromium> {
  // A browser that crashed must not fail the next suites.
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
  // A worker process of a parallel run gets more files after this one, and mocha ends it. Playwright then ends the
  // browser.
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
  // Only recorded: the rule above keeps the browser from resolving such a host, and intercepting requests is slow.
  context.on('requestfailed', (request) => {
    const wasLookedUp = request.failure()?.errorText === 'net::ERR_NAME_NOT_RESOLVED';
    if (wasLookedUp) complaints.push(`asked for ${new URL(request.url()).host}`);
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`threw ${error.message}`));
  page.on('console', (message) => {
    // A failed fetch is always on the console, even if the page handles it. Tests check those themselves.
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
 * Stops the page's clock: only `page.clock.runFor` advances its time, however slow the computer is. Waits that the page
 * has already started continue by themselves.
 */
export async function stopClock(page: Page): Promise<void> {
  const now = Date.now();
  await page.clock.install({ time: now });
  // The clock runs until it is paused, and it can only be paused at a later instant.
  await page.clock.pauseAt(now + 60_000);
}
