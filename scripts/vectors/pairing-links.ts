// The vectors for parsing pairing links.
import { ClientError, parseLink } from '../../src/client/index.js';
import { appLink, issuer } from './scenario.js';

/** A text that the user has scanned or opened, and what it contains. */
export interface LinkVector {
  readonly name: string;
  readonly text: string;
  /** The issuers that the app accepts. Absent if the app accepts all issuers. */
  readonly issuers?: readonly string[] | undefined;
  /** The content of the link, or the code with which `latchkey/client` refuses the text. */
  readonly result:
    | { readonly issuer: string; readonly id: string; readonly secret: string }
    | { readonly error: string };
}

const id = '4c1f24b1-9a50-4b6e-8f6e-0d0a55c1a9d2';
const secret = 'qT4nV0Zb2yXk9LwR7cJd1A';
const fragment = new URLSearchParams({ v: '1', iss: issuer, id, s: secret }).toString();

const texts: readonly (readonly [name: string, text: string, issuers?: readonly string[]])[] = [
  ['a pairing link', `${appLink}#${fragment}`],
  ['another app link with the same content', `music://link#${fragment}`],
  ['blanks after the link', `${appLink}#${fragment} \n`],
  ['an issuer that the app accepts', `${appLink}#${fragment}`, [issuer]],
  ['members in another order', `${appLink}#s=${secret}&id=${id}&v=1&iss=${encodeURIComponent(issuer)}`],
  ['an unknown member, which is ignored', `${appLink}#${fragment}&new=1`],
  [
    'an issuer on loopback without TLS',
    `${appLink}#${fragment.replace(encodeURIComponent(issuer), encodeURIComponent('http://127.0.0.1:8080/api/auth'))}`,
  ],
  ['a later version of the link', `${appLink}#${fragment.replace('v=1', 'v=2')}`],
  ['no version', `${appLink}#${fragment.replace('v=1&', '')}`],
  ['no fragment', appLink],
  ['the members in the query', `${appLink}?${fragment}`],
  ['no secret', `${appLink}#${fragment.replace(`&s=${secret}`, '')}`],
  ['a member that occurs twice', `${appLink}#${fragment}&id=${id}`],
  ['an invalid percent-encoding', `${appLink}#${fragment.replace('%3A', '%3')}`],
  ['an issuer without TLS', `${appLink}#${fragment.replace('https', 'http')}`],
  ['an issuer with credentials', `${appLink}#${fragment.replace('music.', 'ada%40music.')}`],
  ['an issuer that the app does not accept', `${appLink}#${fragment}`, ['https://other.example.com/api/auth']],
];

/** Returns the vectors. */
export function pairingLinks(): readonly LinkVector[] {
  return texts.map(([name, text, issuers]) => ({ name, text, issuers, result: parsed(text, issuers) }));
}

function parsed(text: string, issuers: readonly string[] | undefined): LinkVector['result'] {
  try {
    return parseLink(text, { issuers });
  } catch (error) {
    if (error instanceof ClientError) return { error: error.code };
    throw error;
  }
}
