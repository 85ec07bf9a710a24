// The check that a request comes from the app's own pages.
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { assertSameOrigin, assertSameOriginUpgrade } from '../../src/http/same-origin.js';

function request(headers: Record<string, string>, encrypted = false): IncomingMessage {
  const socket = encrypted ? { encrypted } : {};
  return { headers: { host: 'app.example', ...headers }, socket } as unknown as IncomingMessage;
}

const site = 'sec-fetch-site';
const good: Record<string, string>[] = [
  { [site]: 'same-origin' },
  { [site]: 'same-origin', origin: 'https://app.example' },
  // A proxy may have put an internal name into Host, but Sec-Fetch-Site still counts.
  { [site]: 'same-origin', origin: 'https://public.example' },
  { origin: 'https://app.example' },
  { origin: 'http://app.example' },
  { origin: 'https://app.example', host: 'app.example:443' },
  { origin: 'https://app.example', host: 'APP.example' },
  { origin: 'http://app.example:8080', host: 'app.example:8080' },
  { origin: 'https://other.example', [site]: 'cross-site' },
  { origin: 'https://other.example' },
];
const bad: Record<string, string>[] = [
  {},
  { [site]: 'cross-site' },
  { [site]: 'same-site' },
  { [site]: 'none' },
  { [site]: '' },
  { [site]: 'same-origin, same-origin' },
  { [site]: 'cross-site', origin: 'https://app.example' },
  { origin: 'null' },
  { origin: '' },
  { origin: 'app.example' },
  { origin: 'https://evil.example' },
  { origin: 'https://app.example.evil.example' },
  { origin: 'https://evil-app.example' },
  { origin: 'https://app.example:8443' },
  { origin: 'ftp://app.example' },
  { origin: 'https://other.example.evil.example' },
  { origin: 'http://other.example' },
  { origin: 'https://app.example', host: '' },
];

describe('same origin', () => {
  it('is confirmed by the browser, or configured', () => {
    for (const headers of good) {
      expect(
        () => assertSameOrigin(request(headers), ['https://other.example']),
        JSON.stringify(headers),
      ).to.not.throw();
    }
  });

  it('is nothing else, and requires proof', () => {
    for (const headers of bad) {
      expect(() => assertSameOrigin(request(headers), ['https://other.example']), JSON.stringify(headers))
        .to.throw()
        .with.property('code', 'ERR_CROSS_ORIGIN');
    }
  });

  it('is not a page without TLS when the request has TLS', () => {
    const headers = { origin: 'http://app.example' };
    expect(() => assertSameOrigin(request(headers, true), [])).to.throw();
    expect(() => assertSameOrigin(request({ origin: 'https://app.example' }, true), [])).to.not.throw();
  });

  it('accepts a handshake from a program that is not a browser', () => {
    expect(() => assertSameOriginUpgrade(request({}), [])).to.not.throw();
    expect(() => assertSameOriginUpgrade(request({ origin: 'https://evil.example' }), [])).to.throw();
    expect(() => assertSameOriginUpgrade(request({ [site]: 'cross-site' }), [])).to.throw();
  });
});
