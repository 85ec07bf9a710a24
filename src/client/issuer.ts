// The server's address. A QR code can point anywhere, so it is checked before anything is sent there.
import { ClientError } from './client-error.js';
import type { ParseUrl } from './platform.js';

const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The issuer in its one spelling, without a slash at its end.
 * @throws ERR_ISSUER_INSECURE unless it is an https URL without credentials, query and fragment (http is taken on
 * loopback only); ERR_ISSUER_UNKNOWN if `allowed` is given and does not list it.
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
  // RFC 8414 §2: an issuer has neither query nor fragment.
  if (typeof text !== 'string' || text.length > 2048 || /[?#]/.test(text)) return undefined;
  const url = parseUrl(text);
  if (url === undefined || url.username !== '' || url.password !== '') return undefined;
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));
  return secure ? url.href.replace(/\/$/, '') : undefined;
}
