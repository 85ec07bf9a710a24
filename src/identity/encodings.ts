// Decodes header values to text, and recognizes the placeholders of proxies that had no value.
import { LatchkeyError } from '../vocabulary/errors.js';

/** Every `TextEncoding`. */
export const textEncodings = ['utf-8', 'latin-1', 'percent', 'base64url'] as const;

/** The encoding of text in a header value. */
export type TextEncoding = (typeof textEncodings)[number];

const printableAscii = /^[ -~]*$/;
const singleBytes = /^[\0-\xff]*$/;
const base64url = /^[A-Za-z0-9_-]*={0,2}$/;

// If a value configured as plain text contains an encoded word (RFC 2047 §2), the option `encoding` is wrong. If the
// value were accepted, the same person would be a different user as soon as the proxy sends a name without encoding.
const encodedWord = /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=/i;

// The texts that templates produce when they have no value: Apache's (null), Caddy's {http.reverse_proxy…}, Apache's
// %{…}e, shells' ${…}, Go's <no value>, nginx' $name, script languages' undefined.
const placeholder =
  /^(?:-|\(null\)|\(none\)|null|undefined|\[object \w+\]|<no value>|<nil>|\$\w+|\{[a-z_]\w*(?:[.:][\w.:-]*)?\})$|[%$]\{|\{\{|\{http\./i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a header value, which Node returns with one character per byte. Does not normalize the text, because that
 * would turn one name into another before the name has been checked.
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
    // Not passed on as `cause`: the decoders' errors may quote the value.
    throw new LatchkeyError('ERR_HEADER_ENCODING');
  }
}

/** Whether a text is a placeholder that a proxy's template produces when it has no value. */
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
