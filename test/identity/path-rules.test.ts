// The kinds of paths where a proof accompanies identity headers, and the spellings that count there.
import { expect } from 'chai';
import fc from 'fast-check';
import { pathRules } from '../../src/identity/path-rules.js';
import { isCanonicalTarget, isProvenSpelling } from '../../src/identity/request-target.js';
import { refusalOf } from '../support/refusal.js';

const rules = (unguardedPaths: unknown, sharedPaths: unknown = []) =>
  pathRules({ unguardedPaths, sharedPaths, proven: true });

describe('paths with a proof', () => {
  const { kindOf, accepts } = rules(['/api', '/Share/'], ['/both', '/a%20b']);

  it('match by whole segments, in any case, in origin and absolute form', () => {
    for (const target of ['/api', '/api/', '/API/x', '/api?x', '/share/1', '/SHARE/', 'http://app.example/api/x']) {
      expect(kindOf(target), target).to.equal('unguarded');
    }
    for (const target of ['/both', '/Both/x', '/both?/api', '/a%20b', '/A%20b/x', 'http://app.example/both']) {
      expect(kindOf(target), target).to.equal('shared');
    }
    for (const target of [
      '/',
      '/ap',
      '/apix',
      '/api-docs',
      '/api.json',
      '/share',
      '/bothx',
      '/x/api',
      '/x?/api',
      '*',
    ]) {
      expect(kindOf(target), target).to.equal('guarded');
    }
  });

  it('have the kind of all their readings, or none', () => {
    for (const target of ['/api//x', '/api/%2fx', '/api/a%2fb', '/api/100%25', '/both/@scope%2fname', '/both/a;v=1']) {
      expect(kindOf(target), target).to.equal(target.startsWith('/api') ? 'unguarded' : 'shared');
    }
    for (const target of [
      '//x',
      '/@scope%2fname',
      '/x//y',
      '/100%25',
      '/x/../y',
      '/x;v=1',
      '//app.example/x',
      '/%61',
    ]) {
      expect(kindOf(target), target).to.equal('guarded');
    }
    for (const target of [
      ...['//api/x', '/%61pi/x', '/api%2fx', '/api%252fx', '/api%25252Fx', '/x/../api', '/x%2f..%2fapi', '/api;v=1/x'],
      ...[
        '/api/../x',
        '/api/..',
        '/api/%2e%2e/x',
        '/api/..;/x',
        '/\\api',
        '/x\\..\\api',
        '/%5capi',
        '/api%00/x',
        '/ap%09i',
      ],
      ...['/api#/x', '/api%23x', '/api%3fx', '//evil.example/api', '/./api', '/;/api', '/api//../x', '/both/../api/x'],
      ...['/both/../x', '/both%2fx', '//both', '/api/../both', '/x/..//both', '/x//../../both', 'http://x//api'],
    ]) {
      expect(kindOf(target), target).to.equal('ambiguous');
      expect(accepts(target), target).to.equal(false);
    }
  });

  it('are ambiguous when an escape is nested beyond what any software undoes', () => {
    expect(kindOf(`/x%${'25'.repeat(5000)}2fy`)).to.equal('guarded');
    let nested = 'a';
    for (let depth = 0; depth < 6; depth++) {
      nested = [...nested].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join('');
      if (depth === 0) expect(kindOf(`/${nested}pi`)).to.equal('ambiguous');
    }
    expect(kindOf(`/x${nested}`)).to.equal('ambiguous');
  });

  it('may be spelled with %2F, %25 and //, which no canonical path has', () => {
    for (const target of [
      '/@scope%2fname',
      '/@scope%2Fname/-/name.tgz',
      '/a%25b',
      '/100%25',
      '//x',
      '/x//y//',
      '/a%252fb',
    ]) {
      expect(isProvenSpelling(target), target).to.equal(true);
      expect(isCanonicalTarget(target), target).to.equal(false);
    }
  });

  it('have no other odd spelling, however often it is escaped', () => {
    const escaped = (code: number) => `%${code.toString(16).padStart(2, '0')}`;
    for (let code = 0; code < 0x80; code++) {
      const refused = code < 0x20 || code === 0x7f || /[A-Za-z0-9\-._~\\]/.test(String.fromCharCode(code));
      for (const target of [`/a${escaped(code)}b`, `/a${escaped(code).replace('%', '%25')}b`]) {
        expect(isProvenSpelling(target), target).to.equal(!refused);
      }
    }
    for (const target of [
      ...[
        '/x/..',
        '/x%2f..',
        '/x%2F..%2fy',
        '/x/.%2fy',
        '/x//../y',
        '/x%252f..',
        '/..;/x',
        '/x%2f..;y',
        '/x%2f;y',
        '/;x',
      ],
      ...[
        '/x%2f%3by',
        '/x%2f%253by',
        '/..%3bx',
        '',
        '*',
        'x',
        'http://app.example/x',
        '/x#y',
        '/%',
        '/%4',
        '/%c0%af',
        '/{x}',
      ],
    ]) {
      expect(isProvenSpelling(target), target).to.equal(false);
    }
  });

  it('must be canonical and must not overlap', () => {
    const wrong: [unknown, unknown, RegExp][] = [
      ['/api', [], /^unguardedPaths: expected a list.*saw "\/api"/],
      [[], '/api', /^sharedPaths: expected a list.*saw "\/api"/],
      [[], ['/'], /^sharedPaths: .*longer than '\/'.*saw "\/"/],
      [[], ['/api/*'], /^sharedPaths: .*without wildcards/],
      [[], ['/%61pi'], /^sharedPaths: .*canonical/],
      [[], ['/api;v=1'], /^sharedPaths: .*without ; \? and #/],
      [['/what%3F'], [], /^unguardedPaths: .*without ; \? and #/],
      [['/api'], ['/API'], /^sharedPaths: expected paths that do not overlap 'unguardedPaths', saw "\/api"/],
      [['/api'], ['/api/v2'], /overlap/],
      [['/api/v2'], ['/api'], /overlap/],
    ];
    for (const [unguarded, shared, message] of wrong) {
      const refusal = refusalOf(() => rules(unguarded, shared));
      expect(refusal.code).to.equal('ERR_CONFIG');
      expect(refusal.message).to.match(message);
    }
    expect(rules(['/api'], ['/apix']).kindOf('/apix')).to.equal('shared');
  });

  it('agree with every software that normalizes paths in its own way', () => {
    const part = fc.constantFrom(
      ...['api', 'API', 'both', 'x', '/', '//', '.', '..', ';', ';v=1', '?', '#', '\\', 'apix'],
      ...['%2f', '%2F', '%252f', '%25', '%2e', '%2e%2e', '%252e', '%5c', '%61', '%41', '%2561', '%3b', '%3f', '%20'],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const target = `/${parts.join('')}`;
        const kind = kindOf(target);
        if (kind === 'ambiguous') return;
        for (const [name, read] of Object.entries(readers)) {
          const path = read(target);
          if (path !== undefined) expect(kindByName(path), `${name} reads ${target} as ${path}`).to.equal(kind);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

/** The kind of a path that has no second reading any more. */
function kindByName(path: string): string {
  const [, first = ''] = path.toLowerCase().split('/');
  return first === 'api' ? 'unguarded' : first === 'both' ? 'shared' : 'guarded';
}

const decoded = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};

const cut = (target: string) => target.split('?', 1)[0] ?? '';

/** Normalizations of real software, written apart from ours. `undefined`: that software refuses the target. */
const readers: Readonly<Record<string, (target: string) => string | undefined>> = {
  express: cut,
  'a URL parser': (target) => new URL(`http://app.example${target}`).pathname,
  'a URL parser with a base': (target) =>
    URL.canParse(target, 'http://app.example') ? new URL(target, 'http://app.example').pathname : undefined,
  'a URL parser behind a decoder': (target) => {
    const path = decoded(cut(target));
    return path === undefined ? undefined : new URL(`http://app.example${path}`).pathname;
  },
  nginx(target) {
    const path = decoded(cut(target).split('#', 1)[0] ?? '');
    return path?.includes('\0') ? undefined : path && normalized(path.replace(/\/+/g, '/'));
  },
  'nginx without merge_slashes': (target) => {
    const path = decoded(cut(target).split('#', 1)[0] ?? '');
    return path && normalized(path);
  },
  'a server that decodes twice': (target) => {
    const once = decoded(cut(target));
    const twice = once && decoded(once);
    return twice && normalized(twice.replace(/\/+/g, '/'));
  },
  'a servlet container': (target) => {
    const path = decoded(cut(target).replace(/;[^/]*/g, ''));
    return path && normalized(path.replace(/\/+/g, '/'));
  },
};

function normalized(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
