// What axe finds, and what sticks out of a small screen.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Elements that reach beyond 320 px, or that make the page scroll sideways without being seen to. */
const outside = `[...document.querySelectorAll('*')]
  .filter((element) => element.checkVisibility() && !element.closest('.visually-hidden, thead'))
  .filter((element) => element.getBoundingClientRect().right > 320.5 || element.getBoundingClientRect().left < -0.5 || (element.scrollWidth > innerWidth && !element.matches('input')))
  .map((element) => element.outerHTML)`;

/** The elements that do not fit on a screen of 320 px. */
export async function sticksOut(page: Page): Promise<readonly string[]> {
  return page.evaluate(outside);
}

/** Makes axe ready in a page. */
export async function loadAxe(page: Page): Promise<void> {
  await page.evaluate(source);
}

/** What axe has against the page as it is. What it asks of markup holds in every language: one is enough. */
export async function violations(page: Page): Promise<string[]> {
  return complaints(page, {});
}

/**
 * What axe has against the page's look: what can still be wrong where the same page was looked through in other colours,
 * another size or another language. It takes a fraction of the time.
 */
export async function violationsOfLook(page: Page): Promise<string[]> {
  return complaints(page, {
    runOnly: ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', ...ofLanguage],
  });
}

// Which language a page and its parts say they are in.
const ofLanguage = ['html-has-lang', 'html-lang-valid', 'valid-lang'];

async function complaints(page: Page, options: axe.RunOptions): Promise<string[]> {
  const run = `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`;
  const found = (await page.evaluate(run)) as {
    readonly id: string;
    readonly nodes: readonly { readonly failureSummary: string; readonly html: string }[];
  }[];
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.failureSummary} ${node.html}`));
}
