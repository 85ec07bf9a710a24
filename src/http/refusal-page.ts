// Shows a page or redirects to the login when Latchkey refuses a request from a person.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal, RefusalKind } from '../pages/refusal/refusal-markup.js';
import type { ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import { preferredLanguage, prefersHtml } from './accept.js';
import { isFromLogin, type LoginLinks } from './login-links.js';
import { acceptsLogin } from './request-principal.js';
import type { HttpServices } from './services.js';

/** Responds to refused requests from people. */
export interface RefusalPages {
  /** Redirects a navigation to the login if a login would help. Returns `true` if it sent a redirect. */
  lead(error: LatchkeyError, req: IncomingMessage, res: ServerResponse): boolean;
  /** Sends a page to a client that prefers HTML. Returns `true` if it sent a page. */
  show(error: LatchkeyError, req: IncomingMessage, res: ServerResponse): boolean;
}

const kinds: Partial<Readonly<Record<ErrorCode, RefusalKind>>> = {
  ERR_LOGIN_REQUIRED: 'login',
  ERR_ACCOUNT_DISABLED: 'disabled',
  ERR_ACCOUNT_PENDING: 'pending',
  ERR_ACCOUNT_UNKNOWN: 'unknown',
  ERR_ACCOUNT_UNMAPPED: 'forbidden',
  ERR_ROLE_REQUIRED: 'forbidden',
  ERR_ACCOUNT_LOCAL: 'otherLogin',
  ERR_ACCOUNT_PROXY: 'otherLogin',
};

/** The refusals that a person might avoid by logging in with another account. */
const ofAccount: readonly RefusalKind[] = ['disabled', 'pending', 'unknown', 'forbidden', 'otherLogin'];

/** @param cookieLost A function to call when a browser has come back from the login without its session. */
export function refusalPages(
  { pages, session, loginUrl, logoutUrl }: Pick<HttpServices, 'pages' | 'session' | 'loginUrl' | 'logoutUrl'>,
  { link, redirect }: Pick<LoginLinks, 'link' | 'redirect'>,
  cookieLost: () => void,
): RefusalPages {
  function lead({ code }: LatchkeyError, req: IncomingMessage, res: ServerResponse): boolean {
    const place = code === 'ERR_LOGIN_REQUIRED' ? redirect(req) : undefined;
    if (place === undefined) return false;
    vary(res, ['Accept', 'Sec-Fetch-Mode']);
    seeOther(res, place);
    return true;
  }

  function show(error: LatchkeyError, req: IncomingMessage, res: ServerResponse): boolean {
    if (pages === undefined) return false;
    vary(res, ['Accept']);
    if (!prefersHtml(req)) return false;
    const { language, html, csp } = pages.refusal(refusalOf(error, req), preferredLanguage(req, pages.languages));
    vary(res, ['Accept-Language']);
    const headers = {
      'Content-Language': language,
      'Content-Length': Buffer.byteLength(html),
      'Content-Security-Policy': csp,
      'Content-Type': 'text/html; charset=utf-8',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Frame-Options': 'DENY',
    };
    res.statusCode = error.status;
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    res.end(html);
    return true;
  }

  function refusalOf({ code, status, retryAfterSeconds }: LatchkeyError, req: IncomingMessage): Refusal {
    const kind = kindOf(code, status, req);
    return {
      kind,
      code,
      login: kind === 'login' || kind === 'cookieLost' ? link(req) : kind === 'otherLogin' ? loginUrl : undefined,
      logout: ofAccount.includes(kind) ? logoutUrl : undefined,
      waitSeconds: retryAfterSeconds,
    };
  }

  function kindOf(code: ErrorCode, status: number, req: IncomingMessage): RefusalKind {
    if (code === 'ERR_LOGIN_REQUIRED' && session === 'login-only' && acceptsLogin(req) && isFromLogin(req)) {
      cookieLost();
      return 'cookieLost';
    }
    const kind = kinds[code];
    if (kind !== undefined) return kind;
    if (status === 503 || status === 429) return 'later';
    if (status === 404) return 'notFound';
    return status >= 500 ? 'failed' : 'refused';
  }

  return { lead, show };
}

/** Redirects with 303 (RFC 9110 §15.4.4), using only Node's own methods. */
export function seeOther(res: ServerResponse, place: string): void {
  res.statusCode = 303;
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Location', place);
  res.setHeader('Content-Length', 0);
  res.end();
}

/** Adds these names to the header `Vary` (RFC 9110 §12.5.5). */
function vary(res: ServerResponse, names: readonly string[]): void {
  const named = [res.getHeader('Vary') ?? []].flat().flatMap((value) => String(value).split(/ *, */));
  const missing = names.filter(
    (name) => !named.some((each) => each === '*' || each.toLowerCase() === name.toLowerCase()),
  );
  if (missing.length > 0) res.setHeader('Vary', [...named, ...missing].join(', '));
}
