// Decodes header values to text, and recognizes placeholders that proxies send in place of a missing value.
import { LatchkeyError } from '../vocabulary/errors.js';

/** All values of `TextEncoding`. */
export const textEncodings = ['utf-8', 'latin-1', 'percent', 'base64url'] as const;

/** The encoding of text in a header value. */
export type TextEncoding = (typeof textEncodings)[number];

const printableAscii = /^[ -~]*$/;
const singleBytes = /^[\0-\xff]*$/;
const base64url = /^[A-Za-z0-9_-]*={0,2}$/;

// If a value that is configured as plain text contains an encoded word (RFC 2047 §2), the option `encoding` is wrong.
// If Latchkey accepted such a value, the person would become a different user as soon as the proxy sent the same name
// in plain text.
const encodedWord = /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=/i;

// Matches the texts that templates produce when a value is missing: Apache's (null), Caddy's {http.reverse_proxy…},
// Apache's %{…}e, shells' ${…}, Go's <no value>, nginx' $name, script languages' undefined.
const placeholder =
  /^(?:-|\(null\)|\(none\)|null|undefined|\[object \w+\]|<no value>|<nil>|\$\w+|\{[a-z_]\w*(?:[.:][\w.:-]*)?\})$|[%$]\{|\{\{|\{http\./i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a header value. Node returns header values with one character per byte. Does not normalize the text, because
 * normalization would change a name before the name has been checked.
 *
 * @throws {LatchkeyError} `ERR_HEADER_ENCODING` when the value cannot be decoded.
 */
export function decodeText(value: string, encoding: TextEncoding): string {
  if (printableAscii.test(value) && (encoding === 'utf-8' || encoding === 'latin-1')) {
    if (encodedWord.test(value)) throw new LatchkeyError('ERR_HEADER_ENCODING');
    return value;
  }
  if (!singleBytes.test(value)) throw new LatchkeyError('ERR_HEADER_ENCODING');
  try {
    return decoded(value, encoding);
  } catch {
    // The decoder's error is not passed on as `cause`, because its message can quote the value.
    throw new LatchkeyError('ERR_HEADER_ENCODING');
  }
}

/** Returns whether a text is a placeholder that a proxy's template produces when a value is missing. */
export function isPlaceholder(text: string): boolean {
  return placeholder.test(text);
}

function decoded(value: string, encoding: TextEncoding): string {
  switch (encoding) {
    case 'latin-1':
      return value;
    case 'utf-8':
      return utf8.decode(Buffer.from(value, 'latin1'));
    case 'percent':
      if (!printableAscii.test(value)) throw new TypeError('not percent-encoded');
      return decodeURIComponent(value);
    case 'base64url':
      if (!base64url.test(value)) throw new TypeError('not base64url');
      return utf8.decode(Buffer.from(value, 'base64url'));
  }
}
