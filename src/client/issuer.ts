// Validates the URL of an issuer. A QR code may contain any URL, so the client checks the URL before it sends a request
// there.
import { ClientError } from './client-error.js';
import type { ParseUrl } from './platform.js';

const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Returns the issuer in its normalized form, without a trailing slash.
 * @throws {ClientError} `ERR_ISSUER_INSECURE` when the text is not an https URL (http is accepted only on loopback), or
 * when the URL has credentials, a query or a fragment.
 * @throws {ClientError} `ERR_ISSUER_UNKNOWN` when `allowed` is given and does not contain the issuer.
 */
export function checkedIssuer(text: string, parseUrl: ParseUrl, allowed?: readonly string[]): string {
  const issuer = spelt(text, parseUrl);
  if (issuer === undefined) throw new ClientError('ERR_ISSUER_INSECURE');
  if (allowed !== undefined && !allowed.some((entry) => spelt(entry, parseUrl) === issuer)) {
    throw new ClientError('ERR_ISSUER_UNKNOWN');
  }
  return issuer;
}

function spelt(text: string, parseUrl: ParseUrl): string | undefined {
  // The URL of an issuer has neither a query nor a fragment (RFC 8414 §2).
  if (typeof text !== 'string' || text.length > 2048 || /[?#]/.test(text)) return undefined;
  const url = parseUrl(text);
  if (url === undefined || url.username !== '' || url.password !== '') return undefined;
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));
  return secure ? url.href.replace(/\/$/, '') : undefined;
}
