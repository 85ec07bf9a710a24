// Runs axe in a page, and finds elements that overflow a small screen.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Elements that extend beyond 320 px, or whose content makes the page scroll horizontally. */
const overflowing = `[...document.querySelectorAll('*')]
  .filter((element) => element.checkVisibility() && !element.closest('.visually-hidden, thead'))
  .filter((element) => element.getBoundingClientRect().right > 320.5 || element.getBoundingClientRect().left < -0.5 || (element.scrollWidth > innerWidth && !element.matches('input')))
  .map((element) => element.outerHTML)`;

/** The elements that do not fit on a screen of 320 px. */
export async function overflowingElements(page: Page): Promise<readonly string[]> {
  return page.evaluate(overflowing);
}

/** Loads axe into a page. */
export async function loadAxe(page: Page): Promise<void> {
  await page.evaluate(source);
}

/** The violations of all rules of axe. Its rules for markup need only one language, because the markup is the same. */
export async function violations(page: Page): Promise<string[]> {
  return runAxe(page, {});
}

/**
 * The violations of the rules that depend on colors, size or language. Enough for a page that `violations` has checked
 * in other colors, another size or another language, and much faster.
 */
export async function violationsOfLook(page: Page): Promise<string[]> {
  return runAxe(page, {
    runOnly: ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', ...ofLanguage],
  });
}

// The rules about the `lang` attributes of a page and its parts.
const ofLanguage = ['html-has-lang', 'html-lang-valid', 'valid-lang'];

async function runAxe(page: Page, options: axe.RunOptions): Promise<string[]> {
  const run = `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`;
  const found = (await page.evaluate(run)) as {
    readonly id: string;
    readonly nodes: readonly { readonly failureSummary: string; readonly html: string }[];
  }[];
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.failureSummary} ${node.html}`));
}
