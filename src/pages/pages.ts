// pages: the room's door. Hands out the finished documents and their assets; whoever serves them adds the headers.
import { readdirSync, readFileSync } from 'node:fs';
import { LatchkeyError } from '../errors.js';
import { icon } from './layout.js';
import { quickConnect } from './quick-connect.js';
import { styles } from './styles.js';

/** The pages that exist, by the last segment of their path. */
export type PageName = 'quick-connect';

/** A document and the Content-Security-Policy that it must be sent with. */
export interface Page {
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
  page(name: PageName): Page;
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

/**
 * Reads everything once, so that serving a page does no I/O.
 *
 * Throws `ERR_CONFIG` where the browser code is not beside this file: then only half of the build has run.
 */
export function pages(): Pages {
  const documents: Readonly<Record<PageName, Page>> = { 'quick-connect': { html: quickConnect, csp } };
  const assets = new Map<string, Asset>([
    ['styles.css', { body: styles, type: 'text/css; charset=utf-8' }],
    ['icon.svg', { body: icon, type: 'image/svg+xml' }],
    ...scripts(),
  ]);
  return { page: (name) => documents[name], asset: (name) => assets.get(name) };
}

function scripts(): [string, Asset][] {
  const folder = new URL('./browser/', import.meta.url);
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
    if (!names.includes('quick-connect.js')) throw new Error('quick-connect.js is not there');
    return names.map((name) => [
      name,
      { body: readFileSync(new URL(name, folder), 'utf8'), type: 'text/javascript; charset=utf-8' },
    ]);
  } catch (cause) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: 'The browser code of the pages is not built; "npm run build" builds it',
      cause,
    });
  }
}
