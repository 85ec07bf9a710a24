// identity/: who does the proxy say this is? Header values to text: bytes, limits, and what no value may hold.
import { LatchkeyError } from '../errors.js';

/** How a proxy puts text into a header value. */
export type TextEncoding = 'utf-8' | 'latin-1' | 'percent' | 'base64url';

/** Every `TextEncoding`. */
export const textEncodings: readonly TextEncoding[] = ['utf-8', 'latin-1', 'percent', 'base64url'];

/** The longest subject, display name, e-mail address or group name, in UTF-16 code units. */
export const textLimit = 255;

const printableAscii = /^[ -~]*$/;
const singleBytes = /^[\0-\xff]*$/;
const base64url = /^[A-Za-z0-9_-]*={0,2}$/;

// RFC 2047 §2: an encoded word in a value that was said to be plain text means that the encoding is set wrongly, and
// the same person would be somebody else as soon as a name needs no encoding.
const encodedWord = /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=/i;

// Controls, lone surrogates, noncharacters, and what reorders or breaks a line for its reader.
const controls = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/u;

// What templates leave behind when the proxy had nothing to fill in: Apache's (null), Caddy's {http.reverse_proxy…},
// Apache's %{…}e, shells' ${…}, Go's <no value>, nginx' $name, script languages' undefined.
const placeholder =
  /^(?:-|\(null\)|\(none\)|null|undefined|\[object \w+\]|<no value>|<nil>|\$\w+|\{[a-z_]\w*(?:[.:][\w.:-]*)?\})$|[%$]\{|\{\{|\{http\./i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a header value as Node hands it out, one character a byte, in NFC. Throws `ERR_HEADER_ENCODING`. */
export function decodeText(value: string, encoding: TextEncoding): string {
  if (printableAscii.test(value) && (encoding === 'utf-8' || encoding === 'latin-1')) {
    if (encodedWord.test(value)) throw new LatchkeyError('ERR_HEADER_ENCODING');
    return value;
  }
  if (!singleBytes.test(value)) throw new LatchkeyError('ERR_HEADER_ENCODING');
  try {
    return decoded(value, encoding).normalize('NFC');
  } catch {
    // Not handed on as cause: the decoders' errors may quote the value.
    throw new LatchkeyError('ERR_HEADER_ENCODING');
  }
}

/** Throws `ERR_HEADER_TOO_LONG`, `ERR_HEADER_CONTROL` or `ERR_HEADER_PLACEHOLDER` for what no text may be or hold. */
export function checkText(text: string): void {
  if (text.length > textLimit) throw new LatchkeyError('ERR_HEADER_TOO_LONG');
  if (!printableAscii.test(text) && controls.test(text)) throw new LatchkeyError('ERR_HEADER_CONTROL');
  if (placeholder.test(text)) throw new LatchkeyError('ERR_HEADER_PLACEHOLDER');
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
