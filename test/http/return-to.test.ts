// The destination after a login.
import { expect } from 'chai';
import { returnTo } from '../../src/http/return-to.js';

describe('return_to', () => {
  it('defaults to the host’s mount path, relative to the login', () => {
    expect(returnTo([], '')).to.equal('./');
    expect(returnTo([], '/auth')).to.equal('./../');
    expect(returnTo([], '/deep/er/auth')).to.equal('./../../../');
  });

  it('may be relative to the login', () => {
    const good = [
      './',
      './quick-connect',
      './activate?user_code=WDJB-MJHT&from=login',
      './a/b#c',
      './a:b',
      './@evil.example',
    ];
    for (const place of good) expect(returnTo([place], '/auth'), place).to.equal(place);
    expect(returnTo(['./a/../b'], '/auth')).to.equal('./b');
    expect(returnTo(['./a/../../b'], '/auth')).to.equal('./b');
  });

  it('may go up to the host’s mount path, and no further', () => {
    expect(returnTo(['./../b?c'], '/auth')).to.equal('./../b?c');
    expect(returnTo(['./../'], '/auth')).to.equal('./../');
    expect(returnTo(['./../../b'], '/auth')).to.equal('./../b');
    expect(returnTo(['./../../b'], '/deep/auth')).to.equal('./../../b');
    expect(returnTo(['./../b'], '')).to.equal('./b');
    expect(returnTo(['./../@evil.example'], '/auth')).to.equal('./../@evil.example');
  });

  it('is a path on this site, with query and fragment', () => {
    const good = ['/', '/a/b', '/a?next=%2F%2Fb&x=1', '/a#b', '/a//b', '/@evil.example', '/a:b', '/%41', '/-/~x'];
    for (const path of good) expect(returnTo([path], '/auth'), path).to.equal(path);
  });

  it('is normalized as browsers do', () => {
    expect(returnTo(['/a/../b'], '/auth')).to.equal('/b');
    expect(returnTo(['/grüße?ä'], '/auth')).to.equal('/gr%C3%BC%C3%9Fe?%C3%A4');
  });

  it('is never another site, whatever its spelling', () => {
    const bad = [
      '',
      'home',
      '.',
      '..',
      '../home',
      './/evil.example',
      './\\evil.example',
      './..//evil.example',
      './../..//evil.example',
      './../\\\\evil.example',
      './../%2fevil.example',
      './a/..//evil.example',
      './%2e%2e//evil.example',
      './%2fevil.example',
      './%5cevil.example',
      './\n/evil.example',
      ' ./a',
      './https://evil.example\n',
      'https://evil.example',
      'javascript:alert(1)',
      '//evil.example',
      '///evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '/a\\b',
      '/..//evil.example',
      '/.//evil.example',
      '/a/..//evil.example',
      '/%2e%2e//evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
      '/a\r\nSet-Cookie: a=b',
      '/\u0000',
      '/\u0085',
      ' /a',
      '/ /evil.example',
      '/\u00a0',
      '/\u2028',
      '/%2f/evil.example',
      '/%2Fevil.example',
      '/%5cevil.example',
      '/%5Cevil.example',
      '/%252fevil.example',
      '/%0d%0aSet-Cookie:a=b',
      '/%09/evil.example',
      '/%00',
      `/${'a'.repeat(2048)}`,
    ];
    for (const path of bad)
      expect(() => returnTo([path], '/auth'), JSON.stringify(path))
        .to.throw()
        .with.property('code', 'ERR_RETURN_TO');
    expect(() => returnTo(['/a', '/b'], '/auth'))
      .to.throw()
      .with.property('code', 'ERR_RETURN_TO');
  });
});
