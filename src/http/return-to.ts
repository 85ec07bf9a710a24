// Resolves where a login redirects to. Only a path on this site is accepted, to prevent open redirects.
import { LatchkeyError } from '../vocabulary/errors.js';

const somewhere = 'http://site.invalid';

/**
 * Returns the destination in `return_to`, normalized as browsers do (WHATWG URL): a path on this site, or one relative
 * to the login (`./quick-connect`), which stays correct behind a proxy that strips a path prefix. Without `return_to`,
 * returns the host's mount path, relative to the login below `baseUrl`.
 *
 * @throws {LatchkeyError} `ERR_RETURN_TO` for a value that names another site, or that software on the way could
 * mistake for one: other origins, `//`, backslashes, control characters, and their escapes in the path.
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
