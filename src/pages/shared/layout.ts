// Builds the HTML document around the content of a page.
import type { AdminFeatures } from '../browser/admin/admin-features.js';
import type { PageTexts } from '../browser/texts/english.js';
import { escapeHtml } from './markup.js';
import { brandOf, documentTitle, heading, type Site } from './site.js';

/** What the pages in one language have in common. */
export interface Frame {
  readonly texts: PageTexts;
  /** The path of the host's own style sheet. */
  readonly stylesheet?: string | undefined;
  /** The name, the logo and the home page of the host's site. */
  readonly site: Site;
  /**
   * `true` if the pages `quick-connect` and `activate` are both enabled. In this case, the two pages link to each
   * other.
   */
  readonly linked: boolean;
  /** The features of the page `admin`. */
  readonly features: AdminFeatures;
}

/** What differs between the pages. */
interface PageParts {
  /** The text in the top bar, which is also the label of the card. */
  readonly brand: string;
  readonly title: string;
  readonly lead: string;
  /** The link from `quick-connect` to `activate`, or from `activate` to `quick-connect`. */
  readonly other?: { readonly question: string; readonly link: string; readonly page: string } | undefined;
  /** The asset name of the page's script. */
  readonly script: string;
  /** The asset name of a style sheet that only this page uses. */
  readonly styles?: string | undefined;
  /** The texts and settings that only this page uses. Each key is the id of a data block in the document. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** The HTML of the panels in the card. */
  readonly card: string;
  /** The HTML after the card. */
  readonly main: string;
  /** The HTML after `main`: dialogs and templates. */
  readonly after: string;
}

/**
 * Builds a complete HTML document, which contains no user data. User data comes only from the API, so even a cache that
 * stores this page by mistake stores no user data.
 */
export function layout(frame: Frame, page: PageParts): string {
  const { texts, stylesheet, linked, site } = frame;
  const { brand, title, lead, other, script, styles, card, main, after } = page;
  const otherWay =
    linked && other !== undefined
      ? `<p class="other-way">${escapeHtml(other.question)} <a href="${other.page}">${escapeHtml(other.link)}</a></p>`
      : '';
  const sheets = [
    'assets/styles.css',
    ...(styles === undefined ? [] : [`assets/${styles}`]),
    ...(stylesheet === undefined ? [] : [stylesheet]),
  ];
  const blocks = Object.entries({ texts: shared(texts), ...page.data });
  return `<!doctype html>
<html lang="${escapeHtml(texts.language)}" dir="${texts.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escapeHtml(documentTitle(title, site))}</title>
<link rel="icon" type="image/svg+xml" href="assets/icon.svg">
${sheets.map((sheet) => `<link rel="stylesheet" href="${escapeHtml(sheet)}">`).join('\n')}
${blocks.map(([id, block]) => `<script type="application/json" id="${id}">${data(block)}</script>`).join('\n')}
<script type="module" src="assets/${escapeHtml(script)}"></script>
</head>
<body>
<header class="bar">
<div class="bar-inner">
<p class="brand">${brandOf(site, key, brand)}</p>
<div class="who" id="who" hidden>
<p id="who-name"></p>
<button class="quiet" id="log-out" type="button">${escapeHtml(texts.logOut)}</button>
</div>
</div>
</header>
<main>
${heading(title, site)}
<p class="lead">${escapeHtml(lead)}</p>
${otherWay}
<noscript><p class="notice">${escapeHtml(texts.needsScript)}</p></noscript>
<div class="notice" id="notice" role="alert" hidden><p id="notice-text"></p><button type="button" id="try-again">${escapeHtml(texts.tryAgain)}</button></div>
<section class="card" id="connect" aria-label="${escapeHtml(brand)}">
${card}
</section>
${main}
</main>
${after}
<p class="visually-hidden" id="live" role="status"></p>
</body>
</html>
`;
}

/** Returns the texts that the browser code of every page needs. */
function shared({ admin: _, refusals: __, ...texts }: PageTexts): Omit<PageTexts, 'admin' | 'refusals'> {
  return texts;
}

/**
 * Returns JSON for a data block, a `script` element that browsers do not run. Every `<` is escaped, so that no text can
 * close that element.
 */
function data(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const keyPath = 'M15.5 3a5.5 5.5 0 0 0-5.2 7.3L3 17.6V21h4v-2.5h2.5V16h2.2l1.6-1.6A5.5 5.5 0 1 0 15.5 3Zm1.6 5.7';
/** The icon in the top bar of a site without a logo. */
export const key: string = `<svg aria-hidden="true" viewBox="0 0 24 24" width="24" height="24"><path d="${keyPath}"/></svg>`;

/** The favicon. Its background keeps the key visible on both light and dark tabs. */
export const icon: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#14614f"/><path transform="translate(4 4)" d="${keyPath}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;
