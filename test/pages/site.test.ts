// The name, the home page and the logo of the host's site, on every page.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { type Page, type PagesOptions, pages } from '../../src/pages/pages.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { pageNames } from '../../src/vocabulary/words.js';

function documents(options: PagesOptions): readonly (readonly [string, Page])[] {
  const built = pages(options);
  return [
    ...pageNames.map((name) => [name, built.page(name)] as const),
    ['refusal', built.refusal({ kind: 'login', code: 'ERR_LOGIN_REQUIRED' })],
  ];
}

describe('the site of the pages', () => {
  it('is named in title and heading, with its logo and a link home', () => {
    for (const [name, { html, csp }] of documents({ name: 'Example Music', home: '/home', logo: '/logo.svg' })) {
      expect(html, name).to.match(/<title>[^<]+ · Example Music<\/title>/);
      expect(html, name).to.match(/<h1><span class="site-name"><bdi>Example Music<\/bdi><\/span> [^<]+<\/h1>/);
      expect(html, name).to.include(
        '<a class="home" href="/home"><img class="logo" src="/logo.svg" alt=""><span><bdi>',
      );
      expect(csp, name).to.include("img-src 'self';");
    }
  });

  it('is not shown by default', () => {
    for (const [name, { html, csp }] of documents({})) {
      expect(html, name).not.to.match(/class="(?:home|logo|site-name)"|<title>[^<]* · /);
      expect(csp, name).to.include("img-src 'self';");
    }
  });

  it('may have its logo elsewhere: the policy allows exactly its origin', () => {
    for (const [name, { csp }] of documents({ logo: 'https://cdn.example.com:8443/a/logo.png?x' })) {
      expect(csp, name).to.include("img-src 'self' https://cdn.example.com:8443;");
    }
  });

  it('is escaped wherever it stands', () => {
    const options = { name: '"><b>&\'</title>', home: `/"onclick='x'>`, logo: '/"><b>' };
    for (const [name, { html }] of documents(options)) {
      expect(html, name).to.include('&quot;&gt;&lt;b&gt;&amp;&#39;&lt;/title&gt;');
      expect(html, name).not.to.match(/"><b>|"onclick/);
    }
  });

  const wrong: readonly [option: 'name' | 'home' | 'logo', value: unknown][] = [
    ...['', ' x', 'x\ny', 'a\u202eb', 'x'.repeat(65), 5, null].map((value) => ['name', value] as ['name', unknown]),
    ...(['home', 'logo'] as const).flatMap((option) =>
      [
        '',
        'home',
        '//evil.example',
        '/\\evil.example',
        'http://music.example.com/',
        'javascript:alert(1)',
        'data:image/png;base64,x',
        'https://*/logo',
        'https://*.example.com/logo',
        5,
        null,
      ].map((value) => [option, value] as [typeof option, unknown]),
    ),
  ];
  for (const [option, value] of wrong) {
    it(`is refused with ${option} as ${JSON.stringify(value)}`, () => {
      expect(() =>
        latchkey({
          trustedProxies: ['10.0.0.7'],
          headers: 'authelia',
          directory: memoryDirectory(),
          state: memoryState(),
          pages: { [option]: value } as PagesOptions,
        }),
      )
        .to.throw(LatchkeyError, new RegExp(`pages\\.${option}: expected .*, saw .*docs/pages\\.md`))
        .with.property('code', 'ERR_CONFIG');
    });
  }
});
