// P8: a QR code leads to a hostile server, or has another purpose. The client checks it before it sends anything.
import { expect } from 'chai';
import { ClientError, parseLink } from '../../src/client/index.js';
import { clientCode, testApp } from '../support/client-rig.js';

const issuer = 'https://music.example.com/api/auth';
const id = '7b0c8a52-58a4-4f0e-9c4e-0a4b7f0b7f11';

function link(members: Record<string, string>): string {
  return `https://music.example.com/link#${new URLSearchParams(members)}`;
}

function code(text: string, issuers?: readonly string[]): string {
  try {
    parseLink(text, issuers === undefined ? {} : { issuers });
    return 'taken';
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error);
  }
}

describe('P8: a link', () => {
  it('is parsed if it has the server’s format', () => {
    const read = parseLink(link({ v: '1', iss: issuer, id, s: 'c2VjcmV0' }));
    expect(read).to.deep.equal({ issuer, id, secret: 'c2VjcmV0' });
  });

  it('is refused unless the server is listed, in any spelling', () => {
    const text = link({ v: '1', iss: 'HTTPS://Music.Example.com:443/api/auth/', id, s: 'c2VjcmV0' });
    expect(code(text, [issuer])).to.equal('taken');
    expect(parseLink(text).issuer).to.equal(issuer);
    expect(code(text, ['https://other.example.com/api/auth'])).to.equal('ERR_ISSUER_UNKNOWN');
    expect(code(text, [])).to.equal('ERR_ISSUER_UNKNOWN');
    for (const iss of [
      'https://music.example.com.evil.example/api/auth',
      'https://music.example.com/api/auth/..',
      'https://music.example.com/other',
      'https://music.example.com:8443/api/auth',
      'https://music.example.com/api/auth/other',
      'https://music.example.com/api/authentic',
    ]) {
      expect(code(link({ v: '1', iss, id, s: 'c2VjcmV0' }), [issuer]), iss).to.equal('ERR_ISSUER_UNKNOWN');
    }
    const evil = link({ v: '1', iss: 'https://music.example.com.evil.example', id, s: 'c2VjcmV0' });
    expect(code(evil, ['https://music.example.com'])).to.equal('ERR_ISSUER_UNKNOWN');
  });

  for (const iss of [
    'http://music.example.com/api/auth',
    'http://localhost.evil.example/api/auth',
    'http://127.0.0.1.evil.example/',
    'https://music.example.com@evil.example/?x',
    'https://user:word@music.example.com/api/auth',
    'https://music.example.com/api/auth?next=1',
    'https://music.example.com/api/auth#x',
    'javascript:alert(1)',
    'ftp://music.example.com/',
    'music.example.com',
    '//music.example.com',
    '',
    `https://music.example.com/${'a'.repeat(2048)}`,
  ]) {
    it(`is refused with the server ${iss.slice(0, 60)}`, () => {
      expect(code(link({ v: '1', iss, id, s: 'c2VjcmV0' }))).to.equal('ERR_ISSUER_INSECURE');
    });
  }

  for (const iss of [
    'http://localhost:3000/a',
    'http://app.localhost/a',
    'http://127.0.0.1:8080/a',
    'http://[::1]:1/a',
  ]) {
    it(`is accepted with ${iss}, for development`, () => {
      expect(parseLink(link({ v: '1', iss, id, s: 'c2VjcmV0' })).issuer).to.equal(iss);
    });
  }

  it('is refused with an unknown version', () => {
    for (const v of ['2', '0', '01', '1 ', ''])
      expect(code(link({ v, iss: issuer, id, s: 'c2VjcmV0' })), v).to.equal('ERR_LINK_VERSION');
  });

  for (const [what, text] of Object.entries({
    'no fragment': 'https://music.example.com/link',
    'the members in the query': `https://music.example.com/link?v=1&iss=${issuer}&id=${id}&s=x`,
    'no version': link({ iss: issuer, id, s: 'x' }),
    'no server': link({ v: '1', id, s: 'x' }),
    'no pairing': link({ v: '1', iss: issuer, s: 'x' }),
    'no secret': link({ v: '1', iss: issuer, id }),
    'an empty secret': link({ v: '1', iss: issuer, id, s: '' }),
    'a secret with other characters': link({ v: '1', iss: issuer, id, s: 'a b' }),
    'a member given twice': `${link({ v: '1', iss: issuer, id, s: 'x' })}&iss=https%3A%2F%2Fevil.example`,
    'a broken escape': `${link({ v: '1', iss: issuer, id })}&s=%e0%a4%a`,
    'far too much': link({ v: '1', iss: issuer, id, s: 'x', more: 'x'.repeat(5000) }),
    'nothing at all': '',
  })) {
    it(`is refused with ${what}`, () => {
      expect(code(text)).to.equal('ERR_LINK_FORMAT');
    });
  }

  it('is not repeated in the error', () => {
    try {
      parseLink(link({ v: '1', iss: 'http://evil.example/', id, s: 'the-secret' }));
      expect.fail('taken');
    } catch (error) {
      expect(String(error) + JSON.stringify(error)).not.to.match(/evil|the-secret|7b0c8a52/);
    }
  });

  it('causes no request to an unlisted server, even without parseLink', async () => {
    const sent: string[] = [];
    const app = testApp({
      issuers: [issuer],
      async fetch(url) {
        sent.push(url);
        throw new Error('offline');
      },
    });
    const redeem = (iss: string) => app.connection.redeem({ issuer: iss, code: 'K7QM-2P9D-XR40' });
    expect(await clientCode(redeem('https://evil.example/'), 'K7QM')).to.equal('ERR_ISSUER_UNKNOWN');
    expect(await clientCode(redeem('http://music.example.com/api/auth'))).to.equal('ERR_ISSUER_INSECURE');
    expect(sent).to.deep.equal([]);
  });
});
