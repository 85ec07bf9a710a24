// Parses the link in the QR code.
import { ClientError } from './client-error.js';
import { checkedIssuer } from './issuer.js';
import { type UrlClass, urlParser } from './platform.js';

/** The content of a pairing link: the server, the pairing, and the proof that the QR code was scanned. */
export interface PairingLink {
  /**
   * The server's issuer, an https URL. Because anyone can create a QR code, show the host of this URL to the user
   * before you redeem the link, unless the app knows the server.
   */
  readonly issuer: string;
  readonly id: string;
  readonly secret: string;
}

/** The options of `parseLink`. */
export interface LinkOptions {
  /** The issuers that this app may connect to. Default: any https server. */
  readonly issuers?: readonly string[] | undefined;
  /** Default: the global `URL`. */
  readonly URL?: UrlClass | undefined;
}

/**
 * Parses a link that the user has scanned or opened, `…#v=1&iss=…&id=…&s=…`. Ignores the part before the `#`, which
 * only opens the app.
 * @throws {ClientError} `ERR_LINK_FORMAT`, `ERR_LINK_VERSION`, `ERR_ISSUER_INSECURE` or `ERR_ISSUER_UNKNOWN`.
 *
 * @example
 * import { parseLink } from 'latchkey/client';
 * const link = parseLink(scanned, { issuers: ['https://music.example.com/api/auth'] });
 * const account = await music.redeem(link);
 */
export function parseLink(text: string, options: LinkOptions = {}): PairingLink {
  const members = fragmentOf(text);
  const version = members.get('v');
  if (version === undefined) throw new ClientError('ERR_LINK_FORMAT');
  if (version !== '1') throw new ClientError('ERR_LINK_VERSION');
  const issuer = members.get('iss');
  const id = members.get('id') ?? '';
  const secret = members.get('s') ?? '';
  const plain = /^[A-Za-z0-9_-]{1,128}$/;
  if (issuer === undefined || !plain.test(id) || !plain.test(secret)) throw new ClientError('ERR_LINK_FORMAT');
  return { issuer: checkedIssuer(issuer, urlParser(options.URL), options.issuers), id, secret };
}

/** Parses the fragment of the link. Refuses a link in which a member occurs twice, because such a link is ambiguous. */
function fragmentOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  const at = typeof text === 'string' && text.length <= 4096 ? text.indexOf('#') : -1;
  if (at < 0) throw new ClientError('ERR_LINK_FORMAT');
  for (const member of text
    .slice(at + 1)
    .trim()
    .split('&')) {
    const [name = '', value] = member.split(/=(.*)/s);
    if (value === undefined || members.has(name)) throw new ClientError('ERR_LINK_FORMAT');
    members.set(name, decoded(value));
  }
  return members;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    throw new ClientError('ERR_LINK_FORMAT');
  }
}
