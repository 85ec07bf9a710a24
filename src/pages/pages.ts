// Builds the HTML documents of the pages and loads their assets. The HTTP layer serves the documents and the assets.
import { readdirSync, readFileSync } from 'node:fs';
import { LatchkeyError } from '../vocabulary/errors.js';
import { type PageName, pageNames } from '../vocabulary/words.js';
import { activate } from './activate/activate-markup.js';
import { admin } from './admin/admin-markup.js';
import { adminStyles } from './admin/admin-styles.js';
import type { AdminFeatures } from './browser/admin/admin-features.js';
import { quickConnect } from './connect/connect-markup.js';
import { type Refusal, type RefusalFrame, refusal, styleSource } from './refusal/refusal-markup.js';
import { checkedStylesheet } from './shared/host-stylesheet.js';
import { type Frame, icon } from './shared/layout.js';
import { checkedSite, logoSource, type Site } from './shared/site.js';
import { styles } from './shared/styles.js';
import { checkedLanguages, inAdmin, inRefusals, type PageLanguage } from './texts/languages.js';

/** Options for the pages. */
export interface PagesOptions {
  /**
   * The languages of the pages. An entry is the tag of a language that Latchkey ships, such as `'en'`, or your own
   * table of texts. The request header `Accept-Language` selects the language (RFC 9110 §12.5.4). A browser that
   * accepts none of the languages gets the first language. Default: `['en', 'ar']`.
   */
  readonly languages?: readonly PageLanguage[] | undefined;
  /**
   * The path of your style sheet on this site. Browsers load your style sheet after Latchkey's own style sheet.
   * Default: none.
   */
  readonly stylesheet?: string | undefined;
  /**
   * The name of your site (1–64 characters). Every page shows this name in its title and in its heading. Default: none.
   */
  readonly name?: string | undefined;
  /**
   * The address of your site's home page, as a path or an https URL. The top bar links to this address. Default: no
   * link.
   */
  readonly home?: string | undefined;
  /**
   * The address of your site's logo, as a path or an https URL. The logo replaces Latchkey's icon in the top bar.
   * Default: Latchkey's icon.
   */
  readonly logo?: string | undefined;
}

/** An HTML document, and the Content-Security-Policy with which the document must be sent. */
export interface Page {
  /**
   * The tag of the document's language. If there are no texts for this page in the requested language, the document is
   * in English, and the tag is `en`.
   */
  readonly language: string;
  readonly html: string;
  readonly csp: string;
}

/** A file that the pages load, and its media type. */
export interface Asset {
  readonly body: string;
  readonly type: string;
}

/**
 * The pages and their assets. Serve a page at `<mount>/<name>`, an asset at `<mount>/assets/<name>` and the API under
 * the same mount. All URLs in the pages are relative, so the mount can be any path.
 */
export interface Pages {
  readonly names: readonly PageName[];
  /** The tags of the languages. A browser that accepts none of the languages gets the first language. */
  readonly languages: readonly string[];
  /** @param language One of `languages`. Default: the first. */
  page(name: PageName, language?: string): Page;
  /**
   * Returns the page for a refused request. This page needs no assets. `language` has the same meaning as for `page`.
   */
  refusal(refusal: Refusal, language?: string): Page;
  /** Returns `undefined` if the asset does not exist. */
  asset(name: string): Asset | undefined;
}

// This policy forbids inline code, other origins, and the conversion of strings to markup or script. Forms are handled
// by scripts only: if a script fails to load, `form-action 'none'` keeps the browser from submitting a form.
function policy(site: Site, sources: readonly string[]): string {
  const logo = logoSource(site);
  return [
    "default-src 'none'",
    ...sources,
    `img-src 'self'${logo === undefined ? '' : ` ${logo}`}`,
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

const allFeatures: AdminFeatures = { links: true, renames: true };

/** The entry script of each page. An entry script imports all other scripts of its page. */
const entries: Readonly<Record<PageName, string>> = {
  'quick-connect': 'connect/quick-connect.js',
  activate: 'activate/activate.js',
  admin: 'admin/admin.js',
};

const documents: Readonly<Record<PageName, (frame: Frame) => Omit<Page, 'csp'>>> = {
  'quick-connect': (frame) => ({ language: frame.texts.language, html: quickConnect(frame) }),
  activate: (frame) => ({ language: frame.texts.language, html: activate(frame) }),
  admin(frame) {
    const { texts, adminTexts } = inAdmin(frame.texts);
    return { language: texts.language, html: admin({ ...frame, texts }, adminTexts) };
  },
};

/**
 * Builds all documents and reads all assets in advance, so that serving a page needs no I/O.
 *
 * In a bundled server or after an incomplete build, the browser code might not be next to this file. In this case, this
 * function emits the process warning `LATCHKEY_PAGES`, and the returned functions `page` and `asset` throw
 * `ERR_CONFIG`.
 *
 * @param names The enabled pages. Default: all.
 * @param features The features of the page `admin`. Default: all.
 * @throws {LatchkeyError} `ERR_CONFIG` when a language or the style sheet cannot be served, or `name`, `home` or `logo`
 * is invalid.
 */
export function pages(
  options: PagesOptions = {},
  names: readonly PageName[] = pageNames,
  features: AdminFeatures = allFeatures,
): Pages {
  const tables = checkedLanguages(options.languages);
  const stylesheet = checkedStylesheet(options.stylesheet);
  const site = checkedSite(options);
  const csp = policy(site, ["script-src 'self'", "style-src 'self'", "connect-src 'self'"]);
  const refusalCsp = policy(site, [`style-src 'self' ${styleSource}`]);
  const built = new Map<string, Page>();
  const refusalFrames = new Map<string, RefusalFrame>();
  for (const texts of tables) {
    const linked = names.includes('quick-connect') && names.includes('activate');
    const frame: Frame = { texts, stylesheet, linked, site, features };
    for (const name of names) built.set(`${name} ${texts.language}`, { ...documents[name](frame), csp });
    refusalFrames.set(texts.language, { ...inRefusals(texts), stylesheet, site });
  }
  const assets = new Map<string, Asset>([
    ['styles.css', { body: styles, type: 'text/css; charset=utf-8' }],
    ['admin.css', { body: adminStyles, type: 'text/css; charset=utf-8' }],
    ['icon.svg', { body: icon, type: 'image/svg+xml' }],
  ]);
  let missing: LatchkeyError | undefined;
  try {
    for (const [name, script] of scripts(names)) assets.set(name, script);
  } catch (cause) {
    const detail =
      'The browser code of the pages is not next to Latchkey’s own code, so Latchkey has no pages: docs/bundling.md';
    missing = new LatchkeyError('ERR_CONFIG', { detail, cause });
    if (names.length > 0) process.emitWarning(detail, { code: 'LATCHKEY_PAGES' });
  }
  const languages = tables.map((texts) => texts.language);
  return {
    names,
    languages,
    page(name, language = languages[0]) {
      if (missing !== undefined) throw missing;
      const page = built.get(`${name} ${language}`);
      if (page === undefined) throw new RangeError(`There is no page ${name} in ${language}`);
      return page;
    },
    refusal(about, language = languages[0]) {
      const frame = refusalFrames.get(String(language));
      if (frame === undefined) throw new RangeError(`There are no pages in ${language}`);
      return { language: frame.table.language, html: refusal(frame, about), csp: refusalCsp };
    },
    asset(name) {
      if (missing !== undefined) throw missing;
      return assets.get(name);
    },
  };
}

function scripts(needed: readonly PageName[]): [string, Asset][] {
  const folder = new URL('./browser/', import.meta.url);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    // The names become parts of URLs, so the backslashes in Windows paths are replaced with slashes.
    .map((name) => name.replaceAll('\\', '/'));
  const missing = needed.map((name) => entries[name]).find((entry) => !names.includes(entry));
  if (missing !== undefined) throw new Error(`${missing} is not there`);
  return names.map((name) => [
    name,
    { body: readFileSync(new URL(name, folder), 'utf8'), type: 'text/javascript; charset=utf-8' },
  ]);
}
