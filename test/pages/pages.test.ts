// test/pages: what the room hands out, before any browser.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { strings } from '../../src/pages/browser/strings.js';
import { text } from '../../src/pages/layout.js';
import { pages } from '../../src/pages/pages.js';

describe('pages', () => {
  const { html, csp } = pages().page('quick-connect');

  it('has every asset that the page and its scripts name', () => {
    const named = [...html.matchAll(/(?:src|href)="assets\/([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(named).to.include.members(['styles.css', 'icon.svg', 'quick-connect.js']);
    const seen = new Set<string>();
    for (const name of named) visit(name);
    expect([...seen]).to.include.members(['api.js', 'feed.js', 'strings.js']);

    function visit(name: string): void {
      if (seen.has(name)) return;
      seen.add(name);
      const asset = pages().asset(name);
      if (asset === undefined) throw new Error(`There is no asset ${name}`);
      for (const [, imported] of asset.body.matchAll(/from '\.\/([^']+)'/g)) visit(imported ?? '');
    }
  });

  it('serves scripts and styles with the types that nosniff demands', () => {
    expect(pages().asset('quick-connect.js')?.type).to.equal('text/javascript; charset=utf-8');
    expect(pages().asset('styles.css')?.type).to.equal('text/css; charset=utf-8');
  });

  for (const name of ['', '__proto__', 'constructor', '../pages.js', 'strings.d.ts', 'missing.js']) {
    it(`has no asset ${JSON.stringify(name)}`, () => {
      expect(pages().asset(name)).to.equal(undefined);
    });
  }

  it('allows nothing that it does not need', () => {
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
    for (const [script] of html.matchAll(/<script[^>]*>[^<]*<\/script>/g))
      expect(script).to.match(/src="[^"]+"><\/script>$/);
  });

  it('holds its texts to one table, and every text is used', () => {
    const scripts = ['quick-connect', 'pairing', 'devices', 'notice', 'dialogs', 'time']
      .map((name) => pages().asset(`${name}.js`)?.body)
      .join('');
    for (const [key, value] of Object.entries(strings)) {
      const inHtml = [value].flat().every((line) => html.includes(text(line)));
      expect(inHtml || scripts.includes(`strings.${key}`), key).to.equal(true);
    }
  });

  it('escapes text for content and attributes', () => {
    expect(text(`<a href="x" title='y'>&</a>`)).to.equal(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;',
    );
  });
});
