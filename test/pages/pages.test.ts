// The documents, assets, texts and options of the pages, without a browser.
import { posix } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { adminEnglish } from '../../src/pages/browser/texts/admin-english.js';
import { english, type PageTexts } from '../../src/pages/browser/texts/english.js';
import { type PagesOptions, pages } from '../../src/pages/pages.js';
import { escapeHtml } from '../../src/pages/shared/markup.js';
import { adminTexts, pageTexts, refusalTexts } from '../../src/pages/texts/languages.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { type PageName, pageNames } from '../../src/vocabulary/words.js';

const entries: Readonly<Record<PageName, string>> = {
  'quick-connect': 'connect/quick-connect.js',
  activate: 'activate/activate.js',
  admin: 'admin/admin.js',
};

for (const name of pageNames) {
  describe(`the document of the page ${name}`, () => {
    const { html, csp } = pages().page(name);

    it('has every asset that the page and its scripts refer to', () => {
      const named = [...html.matchAll(/(?:src|href)="assets\/([^"]+)"/g)].map(([, asset]) => asset ?? '');
      expect(named).to.include.members(['styles.css', 'icon.svg', entries[name]]);
      expect([...reached(named)]).to.include.members(['shared/page-api.js', 'shared/dom.js', 'texts/page-texts.js']);
    });

    it('has a policy that allows only what it needs', () => {
      expect(csp.split('; ')).to.include.members([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
      ]);
      expect(csp).not.to.match(/unsafe|\*|data:|https?:/);
    });

    it('has no inline script, style or handler, and no absolute address', () => {
      expect(html).not.to.match(/<style|\sstyle=|\son\w+=|javascript:|(?:src|href|action)="(?:\/|https?:)/i);
      for (const [script] of html.matchAll(/<script[^>]*>[^<]*<\/script>/g)) {
        expect(script).to.match(
          /src="[^"]+"><\/script>$|^<script type="application\/json" id="(texts|admin-texts|admin-features)">/,
        );
      }
    });

    it('has unique ids, and the elements that its labels and descriptions refer to', () => {
      const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? '');
      expect(ids).to.deep.equal([...new Set(ids)]);
      const referred = [...html.matchAll(/\s(?:for|aria-labelledby|aria-describedby)="([^"]+)"/g)];
      expect(ids).to.include.members(referred.flatMap(([, list]) => (list ?? '').split(' ')));
    });
  });
}

describe('pages', () => {
  it('serves scripts and styles with the types that nosniff demands', () => {
    expect(pages().asset('connect/quick-connect.js')?.type).to.equal('text/javascript; charset=utf-8');
    expect(pages().asset('styles.css')?.type).to.equal('text/css; charset=utf-8');
  });

  for (const name of ['', '__proto__', 'constructor', '../pages.js', 'texts.d.ts', 'missing.js']) {
    it(`has no asset ${JSON.stringify(name)}`, () => {
      expect(pages().asset(name)).to.equal(undefined);
    });
  }

  it('uses every text of the tables', () => {
    const scripts = [...reached(Object.values(entries))].map((name) => pages().asset(name)?.body).join('');
    const documents = pageNames
      .map((name) =>
        pages()
          .page(name)
          .html.replace(/<script.*<\/script>/g, ''),
      )
      .join('');
    for (const [key, value] of [...Object.entries(english), ...Object.entries(adminEnglish)]) {
      const inHtml = [value].flat().every((line) => typeof line === 'string' && documents.includes(escapeHtml(line)));
      const marked = ['userCodeHint', 'headersHint', 'targetHint', 'language', 'direction'].includes(key);
      const inScripts = new RegExp(`(texts|adminTexts|words)\\.${key}\\b`).test(scripts);
      expect(marked || inHtml || inScripts, key).to.equal(true);
    }
  });

  it('escapes text for content and attributes', () => {
    expect(escapeHtml(`<a href="x" title='y'>&</a>`)).to.equal(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;',
    );
  });

  it('links the pages to each other only if both are served', () => {
    expect(pages().page('quick-connect').html).to.include('href="activate"');
    const alone = pages({}, ['quick-connect', 'admin']).page('quick-connect').html;
    expect(alone).not.to.include('href="activate"');
  });
});

describe('the texts of the page admin', () => {
  const german: PageTexts = { ...pageTexts.en, language: 'de', title: 'Gerät verbinden' };
  const block = (html: string, id: string) =>
    JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`).exec(html)?.[1] ?? '{}');

  it('appear in no other document', () => {
    const own = { ...german, admin: { ...adminTexts.en, title: 'Benutzer' } };
    for (const name of ['quick-connect', 'activate'] as const) {
      const { html } = pages({ languages: [own] }).page(name);
      expect(html).not.to.include('admin-texts').and.not.to.include('Benutzer').and.not.to.include('admin.css');
      expect(block(html, 'texts')).to.have.property('title', 'Gerät verbinden');
    }
  });

  it('can be the host’s own', () => {
    const own = { ...german, admin: { ...adminTexts.en, title: 'Benutzer' } };
    const { html, language } = pages({ languages: [own] }).page('admin');
    expect(language).to.equal('de');
    expect(html).to.include('<html lang="de" dir="ltr">').and.include('<h1>Benutzer</h1>');
    expect(block(html, 'admin-texts')).to.have.property('title', 'Benutzer');
  });

  it('default to Latchkey’s if the host’s table is in a language that Latchkey ships', () => {
    const { html, language } = pages({
      languages: [{ ...pageTexts.ar, language: 'ar-EG', logOut: 'إلى اللقاء' }],
    }).page('admin');
    expect(language).to.equal('ar-EG');
    expect(html).to.include(`<h1>${adminTexts.ar.title}</h1>`).and.include('إلى اللقاء');
  });

  it('default to English, like the whole page, if the host’s table has none', () => {
    const built = pages({ languages: ['ar', german] });
    const { html, language } = built.page('admin', 'de');
    expect(language).to.equal('en');
    expect(html).to.equal(pages({ languages: ['en'] }).page('admin').html);
    expect(built.page('activate', 'de').language).to.equal('de');
  });

  const wrong: readonly [title: string, admin: unknown, text: RegExp][] = [
    [
      'missing texts',
      { ...adminTexts.en, users: '', addRole: undefined },
      /in de, these texts are missing or incomplete: admin\.users, admin\.addRole\./,
    ],
    ['a text without its mark', { ...adminTexts.en, forgetTitle: 'Vergessen?' }, /admin\.forgetTitle/],
    ['missing plurals', { ...adminTexts.en, gains: { one: '{role}' } }, /admin\.gains/],
    [
      'a plural without its marks',
      { ...adminTexts.en, gains: { one: 'One', other: '{count}: {role}' } },
      /admin\.gains/,
    ],
    ['a plural with other marks', { ...adminTexts.en, shown: { one: 'One', other: '{cuont}' } }, /admin\.shown/],
    ['unknown texts', { ...adminTexts.en, user: 'x' }, /in de, these texts are unknown: admin\.user\./],
    ['no table', 'Benutzer', /a table of texts as admin of de/],
  ];
  for (const [title, admin, message] of wrong) {
    it(`are refused with ${title}`, () => {
      expect(() => pages({ languages: [{ ...german, admin } as PageTexts] }))
        .to.throw(LatchkeyError, message)
        .with.property('code', 'ERR_CONFIG');
    });
  }
});

describe('the languages of the pages', () => {
  const german: PageTexts = { ...pageTexts.en, language: 'de', title: 'Gerät verbinden' };

  it('are English and Arabic by default', () => {
    expect(pages().languages).to.deep.equal(['en', 'ar']);
    expect(pages().page('quick-connect').html).to.include('<html lang="en" dir="ltr">');
    expect(pages().page('activate', 'ar').html).to.include('<html lang="ar" dir="rtl">');
  });

  it('can be the host’s own, in the host’s order', () => {
    const built = pages({ languages: [german, 'en'] });
    expect(built.languages).to.deep.equal(['de', 'en']);
    expect(built.page('quick-connect').html).to.include('<html lang="de" dir="ltr">').and.include('Gerät verbinden');
  });

  it('contain no English text in the Arabic tables', () => {
    const { admin: _, refusals: __, language, direction, ...shared } = pageTexts.ar;
    expect([language, direction]).to.deep.equal(['ar', 'rtl']);
    for (const [key, value] of [shared, adminTexts.ar, refusalTexts.ar].flatMap((table) => Object.entries(table))) {
      for (const line of typeof value === 'string' ? [value] : Object.values(value)) {
        const words = line.replace(/\{\w+\}|QR|HTTPS|“trust proxy”/g, '');
        expect(words, key).not.to.match(/[a-z]/i);
        // Some texts consist of placeholders and signs only, such as the arrow between two values.
        if (/\p{L}/u.test(words) || !/\{\w+\}/.test(line)) expect(line, key).to.match(/\p{Script=Arabic}/u);
      }
    }
  });

  it('cannot close the data block that contains them', () => {
    const { html } = pages({ languages: [{ ...german, brand: '</script><b>' }] }).page('activate');
    expect(html).not.to.include('</script><b>');
    const block = /<script type="application\/json" id="texts">(.*?)<\/script>/.exec(html)?.[1] ?? '';
    expect((JSON.parse(block) as PageTexts).brand).to.equal('</script><b>');
  });

  const wrong: readonly [title: string, languages: unknown, text: RegExp][] = [
    ['none', [], /a list such as/],
    ['no list', 'en', /a list such as/],
    ['a language that is not shipped', ['en', 'fr'], /saw fr/],
    ['a language that comes twice', ['en', { ...german, language: 'EN' }], /saw en twice/],
    ['a table of no language', [{ ...german, language: 'not a tag' }], /a tag such as 'pt-BR'/],
    ['a table of no direction', [{ ...german, direction: 'up' }], /'ltr' or 'rtl' as the direction of de/],
    [
      'missing texts',
      [{ ...german, lead: undefined, approve: ' ' }],
      /in de, these texts are missing or incomplete: lead, approve\./,
    ],
    ['a text without its mark', [{ ...german, connectedTitle: 'Verbunden' }], /connectedTitle/],
    ['a mark that nothing fills', [{ ...german, title: '{name}' }], /title/],
    ['an empty list of steps', [{ ...german, idleSteps: [] }], /idleSteps/],
    [
      'missing plurals',
      [{ ...german, language: 'ar-EG' }],
      /in ar-EG, these texts are missing or incomplete: triesLeft\./,
    ],
    ['unknown texts', [{ ...german, tittle: 'x' }], /in de, these texts are unknown: tittle\./],
  ];
  for (const [title, languages, message] of wrong) {
    it(`refuses ${title}`, () => {
      expect(() => pages({ languages } as PagesOptions))
        .to.throw(LatchkeyError, message)
        .with.property('code', 'ERR_CONFIG');
    });
  }
});

describe('the host’s style sheet', () => {
  it('is loaded after Latchkey’s', () => {
    const { html } = pages({ stylesheet: '/brand.css?v=2&x' }).page('activate');
    const sheets = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)">/g)].map(([, href]) => href);
    expect(sheets).to.deep.equal(['assets/styles.css', '/brand.css?v=2&amp;x']);
  });

  for (const path of ['brand.css', '', '//evil.example/x.css', 'https://evil.example/x.css', '/\\evil.example/x', 5]) {
    it(`is refused as ${JSON.stringify(path)}`, () => {
      expect(() => pages({ stylesheet: path } as PagesOptions)).to.throw(LatchkeyError, /stylesheet: .*'\/brand\.css'/);
    });
  }
});

/** These scripts and all scripts that they import. */
function reached(entries: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const asset = pages().asset(name);
    if (asset === undefined) throw new Error(`There is no asset ${name}`);
    for (const [, imported = ''] of asset.body.matchAll(/from '(\.[^']+)'/g)) visit(posix.join(name, '..', imported));
  };
  for (const name of entries) visit(name);
  return seen;
}
