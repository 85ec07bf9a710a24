// HTML for the demo's pages. Escapes all text that is not marked as markup.
import type { ServerResponse } from 'node:http';

/** Markup that needs no escaping. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function markup(value: unknown): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(markup).join('');
  if (value === undefined || value === null || value === false) return '';
  return String(value).replace(/[&<>"']/gu, (character) => escapes[character] ?? '');
}

/** A template tag that escapes every value except markup and lists of markup. Omits `undefined` and `false`. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return new Markup(parts.map((part, index) => part + (index < values.length ? markup(values[index]) : '')).join(''));
}

/** A whole page with the demo's style sheet, which the caller serves at `styles`. */
export function page(options: { title: string; body: Markup; styles: string; script?: string }): string {
  const { title, body, styles, script } = options;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<link rel="stylesheet" href="${styles}">
${script !== undefined && html`<script type="module" src="${script}"></script>`}
</head>
<body>
${body}
</body>
</html>
`.text;
}

/** The headers of every page of the demo: no inline script, no framing, no caching, no referrer. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Answers with a page. */
export function sendPage(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, pageHeaders).end(text);
}
