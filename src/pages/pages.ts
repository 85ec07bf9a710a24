// The room's door. Hands out the finished documents and their assets; whoever serves them adds the headers.
import { readdirSync, readFileSync } from 'node:fs';
import { LatchkeyError } from '../vocabulary/errors.js';
import { activate } from './activate/activate-markup.js';
import { admin } from './admin/admin-markup.js';
import { adminStyles } from './admin/admin-styles.js';
import { quickConnect } from './connect/connect-markup.js';
import { checkedStylesheet } from './shared/host-stylesheet.js';
import { type Frame, icon } from './shared/layout.js';
import { styles } from './shared/styles.js';
import { checkedLanguages, inAdmin, type PageLanguage } from './texts/languages.js';

/** The pages that exist, by the last segment of their path. */
export type PageName = 'quick-connect' | 'activate' | 'admin';

/** How a host shapes the pages. */
export interface PagesOptions {
  /**
   * The languages to choose from by what the browser accepts (RFC 9110 §12.5.4): tags of those that Latchkey ships, or
   * tables of the host's own. The first is for everybody who accepts none of them. Default `['en', 'ar']`.
   */
  readonly languages?: readonly PageLanguage[] | undefined;
  /** The path of a style sheet on the same site, loaded after ours. Default: none. */
  readonly stylesheet?: string | undefined;
}

/** A document and the Content-Security-Policy that it must be sent with. */
export interface Page {
  /** The tag of the language that it is in: another than asked for where that has no texts for this page. */
  readonly language: string;
  readonly html: string;
  readonly csp: string;
}

/** A file that pages load, and its media type. */
export interface Asset {
  readonly body: string;
  readonly type: string;
}

/**
 * Pages and assets. A page belongs at `<mount>/<name>`, an asset at `<mount>/assets/<name>` and the API beside the pages
 * under the same mount: every URL in them is relative, so the mount may be any path.
 */
export interface Pages {
  readonly names: readonly PageName[];
  /** The tags of the languages, the first for everybody who accepts none. */
  readonly languages: readonly string[];
  /** `language`: one of `languages`. Default: the first. */
  page(name: PageName, language?: string): Page;
  /** `undefined`: there is no such asset. */
  asset(name: string): Asset | undefined;
}

// Nothing inline, nothing from elsewhere, nothing that turns a string into markup or script. Forms of these pages never
// leave the browser: `form-action 'none'` holds even where the script did not load.
const csp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The script that each page loads; it imports the others. */
const entries: Readonly<Record<PageName, string>> = {
  'quick-connect': 'connect/quick-connect.js',
  activate: 'activate/activate.js',
  admin: 'admin/admin.js',
};

const documents: Readonly<Record<PageName, (frame: Frame) => Page>> = {
  'quick-connect': (frame) => ({ language: frame.texts.language, html: quickConnect(frame), csp }),
  activate: (frame) => ({ language: frame.texts.language, html: activate(frame), csp }),
  admin(frame) {
    const { texts, adminTexts } = inAdmin(frame.texts);
    return { language: texts.language, html: admin({ ...frame, texts }, adminTexts), csp };
  },
};

/**
 * Makes and reads everything once, so that serving a page does no I/O. `names`: the pages that are there; default all.
 *
 * Throws `ERR_CONFIG` for a language or style sheet that cannot be served. Where the browser code is not beside this file (a
 * server that was bundled, or half a build), a process warning says so (`LATCHKEY_PAGES`), and `page` and `asset` throw
 * `ERR_CONFIG`.
 */
export function pages(
  options: PagesOptions = {},
  names: readonly PageName[] = Object.keys(documents) as PageName[],
): Pages {
  const tables = checkedLanguages(options.languages);
  const stylesheet = checkedStylesheet(options.stylesheet);
  const built = new Map<string, Page>();
  for (const texts of tables) {
    const linked = names.includes('quick-connect') && names.includes('activate');
    const frame: Frame = { texts, stylesheet, linked };
    for (const name of names) built.set(`${name} ${texts.language}`, documents[name](frame));
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
      'The browser code of the pages is not beside the code of Latchkey, so there are no pages: docs/bundling.md';
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
    // Names are parts of URLs, on Windows, too.
    .map((name) => name.replaceAll('\\', '/'));
  const missing = needed.map((name) => entries[name]).find((entry) => !names.includes(entry));
  if (missing !== undefined) throw new Error(`${missing} is not there`);
  return names.map((name) => [
    name,
    { body: readFileSync(new URL(name, folder), 'utf8'), type: 'text/javascript; charset=utf-8' },
  ]);
}
