// The pages for refused requests, as people see them: in a browser, small, dark, in both languages.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { refusalEnglish } from '../../src/pages/browser/texts/refusal-english.js';
import { type PagesOptions, pages } from '../../src/pages/pages.js';
import type { Refusal } from '../../src/pages/refusal/refusal-markup.js';
import { escapeHtml } from '../../src/pages/shared/markup.js';
import { pageTexts, refusalTexts } from '../../src/pages/texts/languages.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { type Chromium, startChromium } from '../support/chromium.js';
import { loadAxe, overflowingElements, violations, violationsOfLook } from './axe.js';

const login = './../../auth/login';
const logout = 'https://sso.example.com/out';
const samples: readonly Refusal[] = [
  { kind: 'login', code: 'ERR_LOGIN_REQUIRED', login },
  { kind: 'login', code: 'ERR_LOGIN_REQUIRED' },
  { kind: 'cookieLost', code: 'ERR_LOGIN_REQUIRED', login },
  { kind: 'disabled', code: 'ERR_ACCOUNT_DISABLED', logout },
  { kind: 'pending', code: 'ERR_ACCOUNT_PENDING', logout },
  { kind: 'unknown', code: 'ERR_ACCOUNT_UNKNOWN', logout },
  { kind: 'forbidden', code: 'ERR_ROLE_REQUIRED', logout },
  { kind: 'otherLogin', code: 'ERR_ACCOUNT_LOCAL', login: '/login', logout },
  { kind: 'later', code: 'ERR_DIRECTORY_UNAVAILABLE', waitSeconds: 2 },
  { kind: 'later', code: 'ERR_DIRECTORY_SCHEMA' },
  { kind: 'notFound', code: 'ERR_NOT_FOUND' },
  { kind: 'refused', code: 'ERR_HEADER_DUPLICATE' },
  { kind: 'failed', code: 'ERR_CONFIG' },
];

const site = { name: 'Example Music', home: '/', logo: '/logo.svg' };
const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"/></svg>';

describe('the pages for refused requests', () => {
  let server: Server;
  let origin: string;
  let chromium: Chromium;
  let options: PagesOptions = {};
  before(async () => {
    chromium = await startChromium();
    server = createServer((req, res) => {
      if (req.url === '/logo.svg') return void res.setHeader('Content-Type', 'image/svg+xml').end(logo);
      if (req.url === '/favicon.ico') return void res.writeHead(404).end();
      const [, language = 'en', index = '0'] = (req.url ?? '').split('/');
      const { html, csp } = pages(options).refusal(samples[Number(index)] ?? { kind: 'failed', code: '' }, language);
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': csp }).end(html);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await chromium.stop();
    server.close();
    server.closeAllConnections();
  });

  for (const language of ['en', 'ar'] as const) {
    for (const [title, shown] of [
      ['', {}],
      [' of a site with a name', site],
    ] as const) {
      it(`have enough contrast, names and room, light and dark${title} (${language})`, async () => {
        options = shown;
        const { page, complaints } = await chromium.open({ viewport: { width: 320, height: 640 } });
        for (const index of samples.keys()) {
          const what = JSON.stringify(samples[index]);
          await page.setViewportSize({ width: 320, height: 640 });
          await page.emulateMedia({ colorScheme: 'light' });
          await page.goto(`${origin}/${language}/${index}`);
          expect(await overflowingElements(page), what).to.deep.equal([]);
          // The policy would block a style that its hash does not cover.
          expect(await page.evaluate("getComputedStyle(document.querySelector('.card')).borderTopStyle")).to.equal(
            'solid',
          );
          await loadAxe(page);
          const isFirst = language === 'en' && index < 2;
          expect(await (isFirst ? violations : violationsOfLook)(page), what).to.deep.equal([]);
          await page.emulateMedia({ colorScheme: 'dark' });
          await page.setViewportSize({ width: 1280, height: 900 });
          expect(await violationsOfLook(page), what).to.deep.equal([]);
        }
        expect(complaints).to.deep.equal([]);
      });
    }
  }

  it('say whose site this is, with its logo, its name and a link home', async () => {
    options = site;
    const { page, complaints } = await chromium.open();
    await page.goto(`${origin}/en/0`);
    expect(await page.title()).to.equal('You are not logged in · Example Music');
    expect(await page.locator('h1').textContent()).to.match(/^Example Music\s+You are not logged in$/);
    expect(await page.getByRole('link', { name: 'Example Music' }).getAttribute('href')).to.equal('/');
    expect(await page.evaluate("document.querySelector('.logo').naturalWidth > 0")).to.equal(true);
    expect(complaints).to.deep.equal([]);
  });

  it('are loaded again by the link to try again, with their query', async () => {
    options = {};
    const { page } = await chromium.open();
    await page.goto(`${origin}/en/8/?a=b`);
    await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name: 'Try again' }).click()]);
    expect(page.url()).to.equal(`${origin}/en/8/?a=b`);
  });

  it('use every text, and no other', () => {
    const documents = samples.map((sample) => pages().refusal(sample).html).join('');
    for (const [key, text] of Object.entries(refusalEnglish)) {
      const [beginning = ''] = text.split('{');
      expect(documents, key).to.include(escapeHtml(beginning));
    }
  });

  it('may have the host’s own texts, which are checked', () => {
    const german = { ...pageTexts.en, language: 'de' };
    const own = { ...german, refusals: { ...refusalTexts.en, loginTitle: 'Nicht angemeldet' } };
    const [sample = { kind: 'login', code: '' }] = samples;
    const page = pages({ languages: [own] }).refusal(sample);
    expect(page.language).to.equal('de');
    expect(page.html).to.include('<h1>Nicht angemeldet</h1>').and.include('<html lang="de"');
    for (const [refusals, message] of [
      [{ ...refusalTexts.en, loginTitle: '' }, /in de, these texts are missing or incomplete: refusals\.loginTitle/],
      [{ ...refusalTexts.en, laterIn: 'Später' }, /refusals\.laterIn/],
      [{ ...refusalTexts.en, later: 'x' }, /in de, these texts are unknown: refusals\.later/],
      ['x', /a table of texts as refusals of de/],
    ] as const) {
      expect(() => pages({ languages: [{ ...german, refusals } as never] })).to.throw(LatchkeyError, message);
    }
    // Other documents do not carry these texts.
    expect(pages({ languages: [own] }).page('quick-connect').html).not.to.include('Nicht angemeldet');
  });
});
