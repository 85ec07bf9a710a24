// Canonical request targets, and unguarded paths.
import { expect } from 'chai';
import { pathRules } from '../../src/identity/path-rules.js';
import { isCanonicalTarget } from '../../src/identity/request-target.js';
import { codeOf } from '../support/refusal.js';

describe('canonical targets', () => {
  it('include paths as browsers send them', () => {
    for (const target of [
      '/',
      '/reports',
      '/reports/',
      '/reports/2024.01/a-b_c~d',
      '/search?q=//..%2f%zz&next=/../x',
      '/?',
      '/caf%C3%A9/%e2%82%ac',
      '/a%20b/(c)/[d]|e^f',
      '/what%3F/100%23/a%3Bb/%22%3C%3E',
      '/...',
      '/..a/.hidden/a..b/x.',
      "/a;v=1/b@c:d,e&f=$g!*'+",
    ]) {
      expect(isCanonicalTarget(target), target).to.equal(true);
    }
  });

  it('exclude a second spelling of any unreserved character, slash, backslash, percent sign or control character', () => {
    const escaped = (code: number): string => `%${code.toString(16).padStart(2, '0')}`;
    for (let code = 0; code < 0x80; code++) {
      const character = String.fromCharCode(code);
      const refused = code < 0x20 || code === 0x7f || /[A-Za-z0-9\-._~/\\%]/.test(character);
      expect(isCanonicalTarget(`/a${escaped(code)}b`), escaped(code)).to.equal(!refused);
      expect(isCanonicalTarget(`/a${escaped(code).toUpperCase()}b`), escaped(code)).to.equal(!refused);
    }
  });

  it('exclude empty and dot segments, also behind path parameters', () => {
    for (const target of ['//', '//x', '/x//y', '/x//', '/.', '/..', '/./x', '/x/../y', '/x/..', '/x/.', '/..;/x']) {
      expect(isCanonicalTarget(target), target).to.equal(false);
    }
    for (const target of ['/..;a=b/x', '/.;x', '/;/x', '/;x/y', '/..%3B/x', '/..%3bx', '/%3b/x']) {
      expect(isCanonicalTarget(target), target).to.equal(false);
    }
  });

  it('exclude targets not in origin form, broken escapes, and invalid characters', () => {
    for (const target of [
      '',
      '*',
      'x',
      'http://app.example/x',
      'app.example:443',
      '?x',
      '\\x',
      '/\\x',
      '/x#y',
      '/x?a#b',
    ]) {
      expect(isCanonicalTarget(target), target).to.equal(false);
    }
    for (const target of [
      '/%',
      '/%4',
      '/%zz',
      '/%u0041',
      '/%c0%af',
      '/%c0%ae%c0%ae/',
      '/%ff',
      '/é',
      '/a b',
      '/\0',
      '/{x}',
    ]) {
      expect(isCanonicalTarget(target), target).to.equal(false);
    }
  });
});

const unguardedPaths = (paths: unknown) => {
  const { kindOf } = pathRules({ unguardedPaths: paths, sharedPaths: [], proven: false });
  return (target: string) => kindOf(target) === 'unguarded';
};

describe('unguarded paths without a proof', () => {
  it('match as a prefix of the path, in any case, not only by whole segments', () => {
    const unguarded = unguardedPaths(['/api', '/Share/']);
    for (const target of ['/api', '/api/x', '/API/x', '/apix', '/api?x', '/api/../admin', '/share/1', '/SHARE/']) {
      expect(unguarded(target), target).to.equal(true);
    }
    for (const target of ['/', '/ap', '/x/api', '/share', '/x?/api', '']) {
      expect(unguarded(target), target).to.equal(false);
    }
  });

  it('match in absolute form, too', () => {
    const unguarded = unguardedPaths(['/api']);
    expect(unguarded('http://app.example/api/x')).to.equal(true);
    expect(unguarded('HTTPS://app.example:8443/API')).to.equal(true);
    expect(unguarded('http://app.example/x')).to.equal(false);
    expect(unguarded('http://api/x')).to.equal(false);
  });

  it('match where a proxy undoes the escapes that the path does not need', () => {
    const unguarded = unguardedPaths(['/@api', '/a%20b']);
    for (const target of ['/%40api/x', '/%2540api', '/@%61pi', '/A%20B/x', '/%61%20b']) {
      expect(unguarded(target), target).to.equal(true);
    }
    for (const target of ['/%40ap', '/x%40api', '/a+b']) expect(unguarded(target), target).to.equal(false);
  });

  it('match nothing when none are configured', () => {
    expect(unguardedPaths([])('/')).to.equal(false);
  });

  it('throw at startup when a path would match everything, nothing, or not what it says', () => {
    for (const paths of [
      '/api',
      [''],
      ['/'],
      ['api'],
      ['/api/../x'],
      ['//api'],
      ['/%61pi'],
      ['/api?x'],
      ['/api#'],
      [1],
      null,
    ]) {
      expect(
        codeOf(() => unguardedPaths(paths)),
        String(paths),
      ).to.equal('ERR_CONFIG');
    }
  });
});
