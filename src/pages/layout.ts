// pages: the frame that every page shares.
import { strings } from './browser/strings.js';

/** Text as HTML: nothing in it is markup, in content or in a quoted attribute. */
export function text(value: string): string {
  return value.replace(
    /[&<>"']/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[character] ?? '',
  );
}

/** What differs between pages. */
interface PageParts {
  readonly title: string;
  /** Shown beside the key, top left. */
  readonly brand: string;
  /** The name of the page's script among the assets. */
  readonly script: string;
  /** The HTML inside `main`. */
  readonly main: string;
  /** The HTML after `main`: dialogs and templates. */
  readonly after: string;
}

/**
 * A whole HTML document. It is the same for everybody and holds nothing about anyone: who is there, codes and devices
 * come by the API alone, so a cache that keeps this page by mistake keeps nothing (H18, P11).
 */
export function layout(page: PageParts): string {
  const { title, brand, script, main, after } = page;
  return `<!doctype html>
<html lang="${text(strings.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${text(title)}</title>
<link rel="icon" type="image/svg+xml" href="assets/icon.svg">
<link rel="stylesheet" href="assets/styles.css">
<script type="module" src="assets/${text(script)}"></script>
</head>
<body>
<header class="bar">
<div class="bar-inner">
<p class="brand">${key}<span>${text(brand)}</span></p>
<div class="who" id="who" hidden>
<p id="who-name"></p>
<button class="quiet" id="log-out" type="button">${text(strings.logOut)}</button>
</div>
</div>
</header>
<main>
${main}
</main>
${after}
<p class="visually-hidden" id="live" role="status"></p>
</body>
</html>
`;
}

const keyPath = 'M15.5 3a5.5 5.5 0 0 0-5.2 7.3L3 17.6V21h4v-2.5h2.5V16h2.2l1.6-1.6A5.5 5.5 0 1 0 15.5 3Zm1.6 5.7';
const key = `<svg aria-hidden="true" viewBox="0 0 24 24" width="24" height="24"><path d="${keyPath}"/></svg>`;

/** The icon in the browser's tab; its ground keeps it visible on light and dark tabs alike. */
export const icon: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#14614f"/><path transform="translate(4 4)" d="${keyPath}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;
