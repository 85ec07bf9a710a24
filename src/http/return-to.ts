// Decides where a login redirects to. To prevent open redirects, it accepts only paths on this site.
import { LatchkeyError } from '../vocabulary/errors.js';

const somewhere = 'http://site.invalid';

/**
 * Returns the destination in the parameter `return_to`, normalized in the same way as in browsers (WHATWG URL). The
 * destination is a path on this site, or a path relative to the login (`./quick-connect`, `./../library`). Relative
 * paths stay correct behind a proxy that strips a path prefix. They can go up to the host's mount path, but no further.
 * Without `return_to`, returns the host's mount path, relative to the login below `baseUrl`.
 *
 * @throws {LatchkeyError} `ERR_RETURN_TO` for a value that names another site, or that other software might mistake for
 * another site: other origins, `//`, backslashes, control characters, and their escapes in the path.
 */
export function returnTo(values: readonly string[], baseUrl: string): string {
  const depth = baseUrl.split('/').length - 1;
  if (values.length === 0) return `./${'../'.repeat(depth)}`;
  const [value] = values;
  const [steps] = /^\.\/(?:\.\.\/)*/.exec(value ?? '') ?? [];
  const path = sitePath(steps === undefined ? value : `/${value?.slice(steps.length)}`);
  const levels = Math.min(depth, (steps ?? './').split('/').length - 2);
  if (path === undefined || values.length > 1) throw new LatchkeyError('ERR_RETURN_TO');
  return steps === undefined ? path : `.${'/..'.repeat(levels)}${path}`;
}

/**
 * Returns a path on this site with its query and fragment, normalized in the same way as in browsers (WHATWG URL).
 * Returns `undefined` for a value that names another site, or that other software might mistake for another site.
 */
export function sitePath(value: string | undefined): string | undefined {
  if (value === undefined || !isPath(value)) return undefined;
  const { pathname, search, hash } = new URL(value, somewhere);
  return `${pathname}${search}${hash}`;
}

function isPath(value: string): boolean {
  if (value.length > 2048 || !value.startsWith('/') || /[\p{Cc}\p{Z}\\]/u.test(value)) return false;
  if (!URL.canParse(value, somewhere)) return false;
  const { origin, pathname } = new URL(value, somewhere);
  if (origin !== somewhere || pathname.startsWith('//')) return false;
  return !/%(?:2f|5c|25|7f|[01][0-9a-f])/i.test(pathname);
}
