// Decodes header values, and recognizes the placeholders that proxies send for missing values.
import { LatchkeyError } from '../vocabulary/errors.js';

/** All values of `TextEncoding`. */
export const textEncodings = ['utf-8', 'latin-1', 'percent', 'base64url'] as const;

/** The encoding of text in a header value. */
export type TextEncoding = (typeof textEncodings)[number];

const printableAscii = /^[ -~]*$/;
const singleBytes = /^[\0-\xff]*$/;
const base64url = /^[A-Za-z0-9_-]*={0,2}$/;

// An encoded word (RFC 2047 §2) in a value that should be plain text shows that the option `encoding` is wrong.
// Latchkey must not accept an encoded name as a subject. Otherwise the same person would become a different user once
// the proxy sends the plain name.
const encodedWord = /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=/i;

// Matches what a proxy's template produces for a missing value, such as Apache's `(null)`, Go's `<no value>`, nginx's
// `$name` or an unexpanded `${…}`.
const placeholder =
  /^(?:-|\(null\)|\(none\)|null|undefined|\[object \w+\]|<no value>|<nil>|\$\w+|\{[a-z_]\w*(?:[.:][\w.:-]*)?\})$|[%$]\{|\{\{|\{http\./i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a header value. Node returns header values with one character per byte. Does not normalize the text, because
 * names must be checked as the proxy sent them.
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
    // The decoder's error is not passed on as `cause`, because its message might quote the value.
    throw new LatchkeyError('ERR_HEADER_ENCODING');
  }
}

/** Returns whether the text is a placeholder that a proxy sends for a missing value. */
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
