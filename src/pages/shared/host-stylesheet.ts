// The host's own style sheet, which may come from this site only.
import { LatchkeyError } from '../../vocabulary/errors.js';

const somewhere = 'http://site.invalid';

/** The path of the host's style sheet. Throws `ERR_CONFIG` for whatever browsers would fetch from another site. */
export function checkedStylesheet(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  // The address alone would not do: `//` and backslashes read as paths and lead elsewhere.
  const isPath = typeof path === 'string' && /^\/(?!\/)[\x21-\x7e]*$/.test(path) && !/[\\#]/.test(path);
  if (!isPath || !URL.canParse(path, somewhere) || new URL(path, somewhere).origin !== somewhere) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: `pages.stylesheet: expected a path on this site such as '/brand.css', saw ${JSON.stringify(path)}.`,
    });
  }
  return path;
}
