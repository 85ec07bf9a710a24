// Checks that the path of the host's style sheet stays on this site.
import { LatchkeyError } from '../../vocabulary/errors.js';

const somewhere = 'http://site.invalid';

/**
 * Returns the path of the host's style sheet.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when browsers would fetch the path from another site.
 */
export function checkedStylesheet(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  // Check the characters as well as the parsed URL: an address that starts with `//` or contains a backslash looks like
  // a path, but leads to another site.
  const isPath = typeof path === 'string' && /^\/(?!\/)[\x21-\x7e]*$/.test(path) && !/[\\#]/.test(path);
  if (!isPath || !URL.canParse(path, somewhere) || new URL(path, somewhere).origin !== somewhere) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: `pages.stylesheet: expected a path on this site such as '/brand.css', saw ${JSON.stringify(path)}.`,
    });
  }
  return path;
}
