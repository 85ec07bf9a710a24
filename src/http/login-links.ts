// Finds the addresses at which people log in, for links on pages and for redirects with `session: 'login-only'`.
import type { IncomingMessage } from 'node:http';
import { isNavigation } from './accept.js';
import { acceptsLogin, targetOf } from './request-principal.js';
import { sitePath } from './return-to.js';
import type { HttpServices } from './services.js';

type Asked = IncomingMessage & { readonly baseUrl?: string | undefined };

/** Finds the address of the login for a request. */
export interface LoginLinks {
  /**
   * Returns the address of the login, for a link on the requested page. Returns `undefined` if there is no login to
   * link to.
   */
  link(req: IncomingMessage): string | undefined;
  /**
   * Returns the address of the login, to redirect a navigation without a login. Returns `undefined` if the request is
   * not a navigation, if a login would not help, or if the browser has just come from the login.
   */
  redirect(req: IncomingMessage): string | undefined;
  /**
   * Returns the address of the host's own login page. The route `login` redirects there if the proxy asserts no user.
   * Returns `undefined` if the host has no login page on this site.
   * @param destination The address to which the login would have redirected.
   */
  elsewhere(req: IncomingMessage, destination: string): string | undefined;
}

// Latchkey adds this parameter to the address to which the login returns. The name contains `latchkey`, so that the
// host has no parameter with the same name.
const mark = 'latchkey=login';

// The maximum length of a return address in characters. Escaping can make an address three times as long, and many
// servers refuse addresses of more than 8,000 characters.
const longestReturn = 2000;

/** @param mountPath Returns the mount path of the router, or `undefined` if the path is unknown. */
export function loginLinks(
  { loginUrl, session }: Pick<HttpServices, 'loginUrl' | 'session'>,
  mountPath: (req: Asked) => string | undefined,
): LoginLinks {
  /** Returns the path of the route `login` if the host uses this route for logins. */
  function ownLogin(req: IncomingMessage): string | undefined {
    const mount = mountPath(req);
    if (session !== 'login-only' || mount === undefined) return undefined;
    return loginUrl === undefined || pathOf(loginUrl).endsWith(`${mount}/login`) ? `${mount}/login` : undefined;
  }

  function link(req: IncomingMessage): string | undefined {
    // On unguarded paths, and with a bearer token on shared paths, a login would not help.
    if (!acceptsLogin(req)) return undefined;
    if (loginUrl !== undefined) return loginUrl;
    const path = pathOf(targetOf(req));
    const login = ownLogin(req);
    return login === undefined || login === path ? undefined : relative(path, login);
  }

  function redirect(req: IncomingMessage): string | undefined {
    if (session !== 'login-only' || !isNavigation(req) || !acceptsLogin(req)) return undefined;
    const place = sitePath(targetOf(req));
    if (place === undefined || place.length > longestReturn) return undefined;
    // The second condition detects a login page that itself requires a login: the `return_to` of such a page contains
    // the mark.
    if (isMarked(place) || place.includes(encodeURIComponent(mark))) return undefined;
    const own = ownLogin(req);
    const login = loginUrl ?? (own === undefined ? undefined : relative(pathOf(place), own));
    // A login on another site might return without the mark, so the two sites could redirect the browser back and forth
    // endlessly.
    if (login === undefined || (own === undefined && !login.startsWith('/'))) return undefined;
    const marked = `${place}${place.includes('?') ? '&' : '?'}${mark}`;
    // The address is relative to the login, because a proxy might remove the beginning of the path.
    return withReturn(login, own === undefined ? marked : relative(own, marked));
  }

  function elsewhere(req: IncomingMessage, destination: string): string | undefined {
    if (loginUrl === undefined || !loginUrl.startsWith('/') || !isNavigation(req)) return undefined;
    if (pathOf(loginUrl).endsWith(`${mountPath(req)}/login`)) return undefined;
    // A destination that is relative to this route would mean a different address on another login page.
    return destination.startsWith('/') ? withReturn(loginUrl, destination) : loginUrl;
  }

  return { link, redirect, elsewhere };
}

function withReturn(login: string, destination: string): string {
  const [address = '', fragment] = login.split('#', 2);
  const query = `${address.includes('?') ? '&' : '?'}return_to=${encodeURIComponent(destination)}`;
  return `${address}${query}${fragment === undefined ? '' : `#${fragment}`}`;
}

/** Returns whether the browser has just come back from the login. */
export function isFromLogin(req: IncomingMessage): boolean {
  return isMarked(targetOf(req));
}

/**
 * Returns the address of a navigation without the mark, as a relative URL. Returns `undefined` if the address has no
 * mark. The mark is removed so that the host never sees it on a request of a logged-in user.
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
 * Returns a function that warns once (process warning `LATCHKEY_COOKIE`) that a browser came back from the login
 * without its session. This is a warning and not an event, because any client can cause it.
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

/** Returns the path of an address, without the origin, the query and the fragment. */
function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? '';
}

/**
 * Returns the address `to`, relative to the path `from`. The result stays correct if a proxy removes the beginning of
 * both paths.
 */
function relative(from: string, to: string): string {
  return `./${'../'.repeat(Math.max(0, from.split('/').length - 2))}${to.slice(1)}`;
}
