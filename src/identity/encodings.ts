// Decodes header values to text, and knows the placeholders of proxies that had nothing to fill in.
import { LatchkeyError } from '../vocabulary/errors.js';

/** How a proxy puts text into a header value. */
export type TextEncoding = 'utf-8' | 'latin-1' | 'percent' | 'base64url';

/** Every `TextEncoding`. */
export const textEncodings: readonly TextEncoding[] = ['utf-8', 'latin-1', 'percent', 'base64url'];

const printableAscii = /^[ -~]*$/;
const singleBytes = /^[\0-\xff]*$/;
const base64url = /^[A-Za-z0-9_-]*={0,2}$/;

// RFC 2047 §2: an encoded word in a value that was said to be plain text means that the encoding is set wrongly, and
// the same person would be somebody else as soon as a name needs no encoding.
const encodedWord = /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=/i;

// What templates leave behind when the proxy had nothing to fill in: Apache's (null), Caddy's {http.reverse_proxy…},
// Apache's %{…}e, shells' ${…}, Go's <no value>, nginx' $name, script languages' undefined.
const placeholder =
  /^(?:-|\(null\)|\(none\)|null|undefined|\[object \w+\]|<no value>|<nil>|\$\w+|\{[a-z_]\w*(?:[.:][\w.:-]*)?\})$|[%$]\{|\{\{|\{http\./i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a header value as Node hands it out, one character a byte. It is decoded and nothing else: what normalized it
 * here would make one name of another before anybody has judged it. Throws `ERR_HEADER_ENCODING`.
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
    // Not handed on as cause: the decoders' errors may quote the value.
    throw new LatchkeyError('ERR_HEADER_ENCODING');
  }
}

/** Whether a text is what a proxy's template leaves behind where it had nothing to fill in. */
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
