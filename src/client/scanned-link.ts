// The link that the QR code carries.
import { ClientError } from './client-error.js';
import { checkedIssuer } from './issuer.js';
import { type UrlClass, urlParser } from './platform.js';

/** What a pairing link says: which server, which pairing, and the proof of having seen the QR code. */
export interface PairingLink {
  /** The server, an https URL. Show its host before redeeming, unless the app knows it: anybody can draw a QR code. */
  readonly issuer: string;
  readonly id: string;
  readonly secret: string;
}

/** How links are read. */
export interface LinkOptions {
  /** The servers that this app connects to. Default: any https server. */
  readonly issuers?: readonly string[] | undefined;
  /** Default: the global `URL`. */
  readonly URL?: UrlClass | undefined;
}

/**
 * Reads a scanned or opened link, `…#v=1&iss=…&id=…&s=…`. What is before the `#` is the app's own and not looked at.
 * @throws ERR_LINK_FORMAT, ERR_LINK_VERSION, ERR_ISSUER_INSECURE, ERR_ISSUER_UNKNOWN.
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

/** The members of the fragment. One that comes twice could be read in two ways, so it makes the link unreadable. */
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
