// Where people log in: the link to the login on a page, and the redirects of navigations with `session: 'login-only'`.
import type { IncomingMessage } from 'node:http';
import { isNavigation } from './accept.js';
import { isGuarded, targetOf } from './request-principal.js';
import { sitePath } from './return-to.js';
import type { HttpServices } from './services.js';

type Asked = IncomingMessage & { readonly baseUrl?: string | undefined };

/** The way to the login, from the address of a request. */
export interface LoginLinks {
  /** The address of the login, for a page at the address of the request. `undefined`: there is none to link to. */
  link(req: IncomingMessage): string | undefined;
  /**
   * The address to which this navigation is redirected because nobody is logged in. `undefined`: it is not redirected,
   * because it is none, because a login would not help, or because it has just come from the login.
   */
  redirect(req: IncomingMessage): string | undefined;
  /**
   * The host's own login page, for a navigation to the route `login` that logs nobody in. `undefined`: there is none on
   * this site.
   * @param destination Where the route would have redirected to.
   */
  elsewhere(req: IncomingMessage, destination: string): string | undefined;
}

// The mark of an address to which the login returns. The name is Latchkey's, so that it is no parameter of the host.
const mark = 'latchkey=login';

// An escaped address can be three times as long, and many servers refuse more than 8,000 characters.
const longestReturn = 2000;

/** @param mountPath Returns the path of the router. `undefined`: it is not known. */
export function loginLinks(
  { loginUrl, session }: Pick<HttpServices, 'loginUrl' | 'session'>,
  mountPath: (req: Asked) => string | undefined,
): LoginLinks {
  /** The route `login`, where it is the login that this host uses. */
  function ownLogin(req: IncomingMessage): string | undefined {
    const mount = mountPath(req);
    if (session !== 'login-only' || mount === undefined) return undefined;
    return loginUrl === undefined || pathOf(loginUrl).endsWith(`${mount}/login`) ? `${mount}/login` : undefined;
  }

  function link(req: IncomingMessage): string | undefined {
    // On unguarded paths only tokens count, so a login would not change anything.
    if (!isGuarded(req)) return undefined;
    if (loginUrl !== undefined) return loginUrl;
    const path = pathOf(targetOf(req));
    const login = ownLogin(req);
    return login === undefined || login === path ? undefined : relative(path, login);
  }

  function redirect(req: IncomingMessage): string | undefined {
    if (session !== 'login-only' || !isNavigation(req) || !isGuarded(req)) return undefined;
    const place = sitePath(targetOf(req));
    if (place === undefined || place.length > longestReturn) return undefined;
    // The second: a login page that itself requires a login. It has the mark in its `return_to`.
    if (isMarked(place) || place.includes(encodeURIComponent(mark))) return undefined;
    const own = ownLogin(req);
    const login = loginUrl ?? (own === undefined ? undefined : relative(pathOf(place), own));
    // A foreign login would not come back with the mark, and could send the browser to and fro for ever.
    if (login === undefined || (own === undefined && !login.startsWith('/'))) return undefined;
    const marked = `${place}${place.includes('?') ? '&' : '?'}${mark}`;
    // Relative to the login, because a proxy may strip the beginning of the path.
    return withReturn(login, own === undefined ? marked : relative(own, marked));
  }

  function elsewhere(req: IncomingMessage, destination: string): string | undefined {
    if (loginUrl === undefined || !loginUrl.startsWith('/') || !isNavigation(req)) return undefined;
    if (pathOf(loginUrl).endsWith(`${mountPath(req)}/login`)) return undefined;
    // A destination relative to this route would mean another one elsewhere.
    return destination.startsWith('/') ? withReturn(loginUrl, destination) : loginUrl;
  }

  return { link, redirect, elsewhere };
}

function withReturn(login: string, destination: string): string {
  const [address = '', fragment] = login.split('#', 2);
  const query = `${address.includes('?') ? '&' : '?'}return_to=${encodeURIComponent(destination)}`;
  return `${address}${query}${fragment === undefined ? '' : `#${fragment}`}`;
}

/** Whether the login has just returned to this address. */
export function isFromLogin(req: IncomingMessage): boolean {
  return isMarked(targetOf(req));
}

/**
 * The address of a navigation without the mark of the login, relative to itself. `undefined` when it has no mark. A
 * host never sees the mark of a person who is logged in.
 */
export function withoutMark(req: IncomingMessage): string | undefined {
  const target = targetOf(req);
  if (!target.includes(mark) || !isNavigation(req)) return undefined;
  const place = sitePath(target);
  if (place === undefined || !isMarked(place)) return undefined;
  const path = pathOf(place);
  const query = parametersOf(place).filter((parameter) => parameter !== mark);
  return `./${path.slice(path.lastIndexOf('/') + 1)}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/**
 * Returns a function that warns once (process warning `LATCHKEY_COOKIE`) that a browser came back from the login without
 * its session. This is a warning, not an event, because a client can cause it.
 */
export function lostCookieWarning(): () => void {
  let warned = false;
  return () => {
    if (warned) return;
    warned = true;
    process.emitWarning(
      'A browser came back from the login without the session cookie. Either it blocks cookies, or the options of the ' +
        "cookie do not fit: `secure` needs https and Express' 'trust proxy' (docs/proxies.md), `path` and `domain` " +
        'must cover the whole site.',
      { code: 'LATCHKEY_COOKIE' },
    );
  };
}

function isMarked(target: string): boolean {
  return target.includes(mark) && parametersOf(target).includes(mark);
}

function parametersOf(target: string): readonly string[] {
  return target.split('?').slice(1).join('?').split('&');
}

/** The path of an address, without its origin, query and fragment. */
function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? '';
}

/** The address of `to` relative to the path `from`. It stays correct when a proxy strips the beginning of both. */
function relative(from: string, to: string): string {
  return `./${'../'.repeat(Math.max(0, from.split('/').length - 2))}${to.slice(1)}`;
}
