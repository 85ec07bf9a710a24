// Where a login goes on to: a path on this site and nothing else (open redirects).
import { LatchkeyError } from '../vocabulary/errors.js';

const somewhere = 'http://site.invalid';

/**
 * The place that a `return_to` names, normalised as browsers do (WHATWG URL): a path on this site, or one relative to the
 * login (`./quick-connect`), which a proxy that strips the beginning of the path does not spoil. Where none is named, the
 * place where the host is mounted, relative to the login below `baseUrl`. Throws `ERR_RETURN_TO` for whatever is, or could be
 * taken by anyone on the way for, another site: other origins, `//`, backslashes, control characters, and their escapes in
 * the path.
 */
export function returnTo(values: readonly string[], baseUrl: string): string {
  if (values.length === 0) return `./${'../'.repeat(baseUrl.split('/').length - 1)}`;
  const [value] = values;
  const relative = value?.startsWith('./');
  const path = relative ? value?.slice(1) : value;
  if (path === undefined || values.length > 1 || !isPath(path)) throw new LatchkeyError('ERR_RETURN_TO');
  const { pathname, search, hash } = new URL(path, somewhere);
  return `${relative ? '.' : ''}${pathname}${search}${hash}`;
}

function isPath(value: string): boolean {
  if (value.length > 2048 || !value.startsWith('/') || /[\p{Cc}\p{Z}\\]/u.test(value)) return false;
  if (!URL.canParse(value, somewhere)) return false;
  const { origin, pathname } = new URL(value, somewhere);
  if (origin !== somewhere || pathname.startsWith('//')) return false;
  return !/%(?:2f|5c|25|7f|[01][0-9a-f])/i.test(pathname);
}
