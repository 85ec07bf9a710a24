// H31: the proxy's bypass and the app read a path differently.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const forged = [
  ['Remote-User', 'admin'],
  ['Remote-Groups', 'admins'],
] as const;

describe('H31: identity headers on paths with unusual spellings', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({ unguardedPaths: ['/api'] });
  });
  after(() => server.stop());

  it('are refused in every spelling that matches a bypass for /api', async () => {
    for (const target of [
      ...[
        '//api/x',
        '/%61pi/x',
        '/%61%70%69',
        '/x/../api/x',
        '/./api/x',
        '/x//../api',
        '/api%2fx',
        '/api%2Fx',
        '/%2fapi/x',
      ],
      ...[
        '/x%2f..%2fapi',
        '/%2e%2e/api',
        '/x/%2E%2E/api',
        '/.%2e/api',
        '/;/api',
        '/..;/api',
        '/x;y/../api',
        '/%5capi',
        '/%5Capi',
      ],
      ...[
        '/%2561pi/x',
        '/%c0%afapi',
        '/%zzapi',
        '/api%00/../x',
        '/x/..',
        '/x/.',
        '/reports#/api',
        '/reports%09',
        '/x\\..\\api',
      ],
    ]) {
      const answer = await server.get(target, forged);
      expect(answer.status, target).to.be.oneOf([400, 403]);
      expect(answer.code ?? 'refused by Node', target).to.be.oneOf([
        'ERR_TARGET_NOT_CANONICAL',
        'ERR_UNGUARDED_IDENTITY',
        'refused by Node',
      ]);
    }
  });

  it('are refused on guarded paths that a bypass for /api also matches', async () => {
    for (const target of [
      '/api/../admin',
      '/api/..;/admin',
      '/api/%2e%2e/admin',
      '/API/x',
      '/Api',
      '/apix',
      '/api-docs',
      '/api.json',
    ]) {
      const answer = await server.get(target, forged);
      expect(answer, target).to.include({ status: 403, code: 'ERR_UNGUARDED_IDENTITY' });
    }
  });

  it('are refused on a guarded path in a spelling that hides it from the proxy', async () => {
    for (const target of [
      '//admin',
      '/admin//users',
      '/%61dmin',
      '/admin/./users',
      '/admin/x/..',
      '/admin%2fusers',
      '/;/admin',
    ]) {
      const answer = await server.get(target, forged);
      expect(answer, target).to.include({ status: 400, code: 'ERR_TARGET_NOT_CANONICAL' });
    }
  });

  it('are refused with escapes of characters that need none, or of separators', async () => {
    const needless = [
      ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/\\%',
      ...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)),
      '\x7f',
    ].map((sign) => sign.charCodeAt(0).toString(16).padStart(2, '0'));
    for (const hex of needless) {
      for (const target of [`/x%${hex}y`, `/x%${hex.toUpperCase()}y`]) {
        expect((await server.get(target, forged)).code, target).to.equal('ERR_TARGET_NOT_CANONICAL');
      }
    }
  });

  it('are refused if path parameters hide an empty segment or dots, escaped or not', async () => {
    for (const target of ['/%3b/admin', '/%3Bx/admin', '/..%3bx/admin', '/.%3B/admin', '/x/..%3B', '/x/.;y/admin']) {
      expect((await server.get(target, forged)).code, target).to.equal('ERR_TARGET_NOT_CANONICAL');
    }
  });

  it('are refused in absolute form, whose path Express reads like any other', async () => {
    expect((await server.get('http://app.example/admin', forged)).code).to.equal('ERR_TARGET_NOT_CANONICAL');
    expect((await server.get('http://app.example/api/x', forged)).code).to.equal('ERR_UNGUARDED_IDENTITY');
  });

  it('are refused where only a proxy that undoes escapes takes the path for an unguarded one', async () => {
    const escaped = await startIdentityServer({ unguardedPaths: ['/@api', '/a%20b'] });
    try {
      for (const target of ['/%40api/x', '/%40API', '/A%20B/x']) {
        expect((await escaped.get(target, forged)).code, target).to.equal('ERR_UNGUARDED_IDENTITY');
      }
    } finally {
      await escaped.stop();
    }
  });

  it('are refused on "*"', async () => {
    const options = 'OPTIONS * HTTP/1.1\r\nHost: app.example\r\nRemote-User: admin\r\n\r\n';
    expect((await server.exchange(options))[0]?.code).to.equal('ERR_TARGET_NOT_CANONICAL');
  });

  it('are accepted on ordinary paths with any query', async () => {
    for (const target of [
      '/',
      '/admin',
      '/admin/users/',
      '/a%20b/%C3%A9',
      '/x?next=//api/../%61',
      '/what%3F',
      '/x/api',
    ]) {
      expect((await server.get(target, forged)).assertion?.subject, target).to.equal('admin');
    }
  });

  it('do not affect unusual paths without identity headers, which the app handles', async () => {
    expect(await server.get('//api/../x')).to.include({ status: 200, unguarded: false });
  });
});

describe('H31: with the proxy secret', () => {
  const secret = ['X-Proxy-Secret', '0123456789-abcdef'] as const;
  const proven = [['Remote-User', 'alice'], secret] as const;
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({
      unguardedPaths: ['/api', '/@public'],
      sharedPaths: ['/both'],
      proxySecret: { header: secret[0], values: [secret[1]] },
    });
  });
  after(() => server.stop());

  it('identity headers count on a guarded or shared path with %2F, %25 or //, and only with the secret', async () => {
    for (const target of [
      ...['/@scope%2fname', '/@scope%2Fname/-/name-1.0.0.tgz', '/x%2fapi', '/100%25', '/a%25b', '//x', '/x//y', '/x//'],
      ...['/apix', '/api-docs', '/api.json', '/both/@scope%2fname', '/both//x', '/bothx'],
    ]) {
      expect((await server.get(target, proven)).assertion?.subject, target).to.equal('alice');
      expect((await server.get(target, forged)).code, target).to.equal('ERR_PROXY_SECRET');
    }
  });

  it('identity headers are refused in any other odd spelling, even with the secret', async () => {
    for (const target of [
      ...[
        '/%61dmin',
        '/admin/./users',
        '/admin/x/..',
        '/;/admin',
        '/x%2f..%2fadmin',
        '/x%252f..%252fadmin',
        '/..;/admin',
      ],
      ...['/x%5cadmin', '/x%255cadmin', '/%2561dmin', '/admin%00', '/admin%2500', '/x%2f;y/admin', '/%c0%af', '/%zz'],
    ]) {
      expect((await server.get(target, proven)).code, target).to.equal('ERR_TARGET_NOT_CANONICAL');
      expect((await server.get(target, forged)).code, target).to.equal('ERR_TARGET_NOT_CANONICAL');
    }
    expect((await server.get('http://app.example/admin', proven)).code).to.equal('ERR_TARGET_NOT_CANONICAL');
  });

  it('no spelling makes a guarded path of an unguarded one, or the reverse, with or without headers', async () => {
    for (const target of [
      ...[
        '//api/x',
        '/%61pi/x',
        '/x/../api/x',
        '/./api/x',
        '/x//../api',
        '/api%2fx',
        '/api%2Fx',
        '/%2fapi/x',
        '/api%252fx',
      ],
      ...['/x%2f..%2fapi', '/%2e%2e/api', '/.%2e/api', '/;/api', '/..;/api', '/%5capi', '/%2561pi/x', '/api;x/y'],
      ...[
        '/api/../admin',
        '/api/..;/admin',
        '/api/%2e%2e/admin',
        '/api/..%2fadmin',
        '/api%2f..%2fadmin',
        '/api//../admin',
      ],
      ...['/both/../admin', '/both%2fx', '//both', '/api/../both/x', '/both/../api/x', '/%40public/x', '/@public%2fx'],
      ...['//app.example/api/x', 'http://app.example//api/x', '/api%00/../x', '/x%0d/../api'],
    ]) {
      for (const fields of [[], forged, proven, [secret], [['Authorization', 'Bearer x'] as const]]) {
        const answer = await server.get(target, fields);
        expect(answer, target).to.include({ status: 400, code: 'ERR_TARGET_NOT_CANONICAL' });
      }
    }
  });

  it('each other target has one kind, whatever it carries', async () => {
    const unguarded = ['/api', '/API/x', '/api//x', '/api/%2fx', '/api/a%2fb?x=/../admin', '/@public/x', '/api/a%7Eb'];
    for (const target of unguarded) {
      expect(await server.get(target), target).to.include({ status: 200, unguarded: true });
      for (const fields of [forged, proven, [secret]]) {
        expect((await server.get(target, fields)).code, target).to.equal('ERR_UNGUARDED_IDENTITY');
      }
    }
    for (const target of ['/', '/apix', '/x/api', '/x?/api', '//x', '/x/../y', '/x%2f..%2fy', '/%61']) {
      expect(await server.get(target), target).to.include({ status: 200, unguarded: false });
    }
    expect(await server.get('/both/x')).to.include({ status: 200, unguarded: false, shared: true });
  });
});
