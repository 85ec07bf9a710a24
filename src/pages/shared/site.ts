// Shows the host's site on the pages: the site's name, its logo and a link to its home page.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { nameFault } from '../../vocabulary/text-rules.js';
import { escapeHtml } from './markup.js';

/** The options that describe the host's site. */
export interface Site {
  readonly name?: string | undefined;
  readonly home?: string | undefined;
  readonly logo?: string | undefined;
}

const longestName = 64;

/**
 * Checks and returns the options that describe the host's site.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the name is not one line of 1–64 visible characters, or an address is
 * neither a path nor an https URL.
 */
export function checkedSite({ name, home, logo }: Site): Site {
  const given: unknown = name;
  if (given !== undefined && (typeof given !== 'string' || nameFault(given, longestName) !== undefined)) {
    throw wrong('name', `1–${longestName} visible characters on one line, such as 'Example Music'`, given);
  }
  for (const [option, address] of Object.entries({ home, logo })) {
    if (address !== undefined && !isAddress(address)) {
      throw wrong(option, "a path that begins with one slash, such as '/', or an https URL", address);
    }
  }
  return { name, home, logo };
}

/**
 * Returns the origin of a logo on another site, because the Content-Security-Policy has to allow this origin.
 * Otherwise, returns `undefined`.
 */
export function logoSource({ logo }: Site): string | undefined {
  return logo === undefined || logo.startsWith('/') ? undefined : new URL(logo).origin;
}

/** Returns the title of a document, with the name of the site. */
export function documentTitle(title: string, { name }: Site): string {
  return name === undefined ? title : `${title} · ${name}`;
}

/** Returns the HTML of the page's heading, with the name of the site above it. */
export function heading(title: string, { name }: Site): string {
  const site = name === undefined ? '' : `<span class="site-name"><bdi>${escapeHtml(name)}</bdi></span> `;
  return `<h1>${site}${escapeHtml(title)}</h1>`;
}

/**
 * Returns the HTML of the site's logo and name in the top bar.
 *
 * @param icon The HTML of the icon for a site without a logo.
 * @param fallback The text for a site without a name.
 */
export function brandOf({ name, home, logo }: Site, icon: string, fallback: string): string {
  const image = logo === undefined ? icon : `<img class="logo" src="${escapeHtml(logo)}" alt="">`;
  const brand = `${image}<span><bdi>${escapeHtml(name ?? fallback)}</bdi></span>`;
  return home === undefined ? brand : `<a class="home" href="${escapeHtml(home)}">${brand}</a>`;
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (/^\/(?![/\\])[\x21-\x7e]*$/.test(value)) return true;
  // The origin becomes part of the Content-Security-Policy, where `*` is a wildcard, so `*` must not be accepted.
  return URL.canParse(value) && /^https:\/\/[a-z0-9.:[\]-]+$/.test(new URL(value).origin);
}

function wrong(option: string, expected: string, seen: unknown): LatchkeyError {
  const shown = typeof seen === 'string' ? JSON.stringify(seen) : typeof seen;
  const detail = `pages.${option}: expected ${expected}, saw ${shown}. See docs/pages.md.`;
  return new LatchkeyError('ERR_CONFIG', { detail });
}
