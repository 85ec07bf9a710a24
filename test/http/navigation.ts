// http tests: a person who opens an address in a browser.
import type { Answer } from './client.js';

/** What Chromium sends when a person opens an address. */
export const navigation: Readonly<Record<string, string>> = {
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
};

/** The heading of the page. */
export const titleOf = ({ text }: Answer): string | undefined => /<h1>(.*)<\/h1>/.exec(text)?.[1];
/** The addresses of all links in the page. */
export const linksOf = ({ text }: Answer): string[] =>
  [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href ?? '');
