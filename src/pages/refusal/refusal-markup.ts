// Builds the HTML pages that people see, instead of JSON, when a request is refused. These pages load no files of
// Latchkey, because the proxy might not let the refused user through to such files.
import { createHash } from 'node:crypto';
import type { PageTexts } from '../browser/texts/english.js';
import type { RefusalTexts } from '../browser/texts/refusal-english.js';
import { key } from '../shared/layout.js';
import { escapeHtml } from '../shared/markup.js';
import { brandOf, documentTitle, heading, type Site } from '../shared/site.js';
import { frameStyles } from '../shared/styles.js';

/** The reason for the refusal. Each reason has its own texts. */
export type RefusalKind =
  | 'login'
  | 'cookieLost'
  | 'disabled'
  | 'pending'
  | 'unknown'
  | 'forbidden'
  | 'otherLogin'
  | 'later'
  | 'notFound'
  | 'refused'
  | 'failed';

/** The facts from which the page for one refusal is built. These facts contain no text from the request. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** The error code, which people can quote when they ask for help. */
  readonly code: string;
  /** The address of the login. If omitted, the page has no link to a login. */
  readonly login?: string | undefined;
  /** The address of the proxy's logout. If omitted, the page has no link to a logout. */
  readonly logout?: string | undefined;
  /** The number of seconds after which the user can try again. */
  readonly waitSeconds?: number | undefined;
}

/** What the pages for refused requests in one language have in common. */
export interface RefusalFrame {
  readonly table: PageTexts;
  readonly texts: RefusalTexts;
  readonly site: Site;
  readonly stylesheet?: string | undefined;
}

const own = `
.refusal .card > p + p { margin-top: 0.75rem; }
.refusal .card > .actions { margin-top: 1.5rem; }
.refusal .code { margin-top: 1rem; }`;

const styles = `${frameStyles}${own}\n`;

/** The source expression for the Content-Security-Policy that allows the styles in the page. */
export const styleSource: string = `'sha256-${createHash('sha256').update(styles).digest('base64')}'`;

/** Returns the HTML of the page for one refusal. */
export function refusal(frame: RefusalFrame, { kind, code, login, logout, waitSeconds }: Refusal): string {
  const { table, texts, site, stylesheet } = frame;
  const title = texts[`${kind}Title`];
  const sentences = [texts[`${kind}Text`], ...further()];
  const links = [
    ...(login === undefined ? [] : [link(login, texts.logIn, 'button primary')]),
    ...(logout === undefined ? [] : [link(logout, texts.logOut, login === undefined ? 'button primary' : 'button')]),
    // A link with an empty address leads to the page itself.
    ...(mayChange() ? [link('', texts.tryAgain, 'button')] : []),
  ];

  function further(): readonly string[] {
    if (kind === 'login') return login === undefined ? [texts.loginElsewhere] : [];
    if (kind === 'cookieLost') return [texts.cookieLostDoubt];
    if (kind !== 'later') return [];
    return [waitSeconds === undefined ? texts.laterUnknown : texts.laterIn.replace('{time}', wait(waitSeconds))];
  }

  function mayChange(): boolean {
    return ['pending', 'later', 'failed'].includes(kind) || (kind === 'login' && login === undefined);
  }

  /**
   * Formats a number of seconds, always rounded up: 75 becomes `2 minutes`. All numbers use Western digits, as on the
   * other pages.
   */
  function wait(seconds: number): string {
    const [unit, length] = seconds < 60 ? (['second', 1] as const) : (['minute', 60] as const);
    const locale = new Intl.Locale(table.language, { numberingSystem: 'latn' });
    const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
    return format.format(Math.ceil(seconds / length));
  }

  const codeText = escapeHtml(texts.errorCode).replace('{code}', `<bdi translate="no">${escapeHtml(code)}</bdi>`);
  const isBranded = site.name !== undefined || site.logo !== undefined;
  const bar = isBranded
    ? `<header class="bar"><div class="bar-inner"><p class="brand">${brandOf(site, key, title)}</p></div></header>\n`
    : '';
  return `<!doctype html>
<html lang="${escapeHtml(table.language)}" dir="${table.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escapeHtml(documentTitle(title, site))}</title>
<style>${styles}</style>
${stylesheet === undefined ? '' : `<link rel="stylesheet" href="${escapeHtml(stylesheet)}">\n`}</head>
<body>
${bar}<main class="refusal">
${heading(title, site)}
<div class="card">
${sentences.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join('\n')}
${links.length === 0 ? '' : `<p class="actions">${links.join('\n')}</p>\n`}<p class="hint code">${codeText}</p>
</div>
</main>
</body>
</html>
`;
}

function link(address: string, text: string, look: string): string {
  return `<a class="${look}" href="${escapeHtml(address)}">${escapeHtml(text)}</a>`;
}
