// H41: a server decides from the Cookie header whether a session is new, but cookie parsers accept more forms.
import { expect } from 'chai';
import type { RequestHandler } from 'express';
import session, { MemoryStore } from 'express-session';
import { cookieFor, type Host, idOf, sessionSecret, stored } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

/** Parses cookies that begin with `j:` like cookie-parser, whose result express-session also uses. */
const cookieParser: RequestHandler = (req, _res, next) => {
  const cookies: Record<string, unknown> = {};
  for (const pair of req.headers.cookie?.split('; ') ?? []) {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    cookies[name] = value.startsWith('j:') ? JSON.parse(value.slice(2)) : decodeURIComponent(value);
  }
  Object.assign(req, { cookies });
  next();
};

/** Sets a signed cookie like cookie-parser with a secret: the value has no signature. */
const signedCookieParser: RequestHandler = (req, _res, next) => {
  Object.assign(req, { signedCookies: { 'connect.sid': req.get('X-Session') } });
  next();
};

inEveryMode('H41: the decision whether a session is new', (startHost) => {
  let host: Host;
  let store: MemoryStore;
  const signed = decodeURIComponent(cookieFor('planted').split('=')[1] ?? '');
  const escaped = `connect.sid=j:"${[...signed].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
  const plant = () =>
    new Promise((resolve) =>
      store.set('planted', { cookie: { originalMaxAge: null }, note: 'planted' } as never, resolve),
    );

  const start = async (parser: RequestHandler) => {
    store = new MemoryStore();
    host = await startHost({
      store,
      first: (app) => app.use(parser),
      routes(app) {
        app.post('/note', (req, res) => {
          Object.assign(req.session, { private: 'of the victim' });
          res.json({ note: Reflect.get(req.session, 'note') });
        });
      },
    });
  };
  afterEach(() => host.close());

  const attacks: Record<string, readonly [RequestHandler, Record<string, string>]> = {
    'as JSON with escapes': [cookieParser, { Cookie: escaped }],
    'without any Cookie header': [signedCookieParser, { 'X-Session': 'planted' }],
  };
  for (const [how, [parser, headers]] of Object.entries(attacks)) {
    for (const warm of [false, true]) {
      it(`does not accept a session that is sent ${how}, ${warm ? 'later' : 'on the first request'}`, async () => {
        await start(parser);
        if (warm) await host.ask('/who', { user: 'alice' });
        await plant();
        const answer = await host.ask('/note', { method: 'POST', user: 'alice', headers });
        expect(answer.json).to.deep.equal({});
        expect(idOf(answer.cookie)).to.not.equal('planted');
        expect(await stored(store, cookieFor('planted'))).to.equal(undefined);
        expect(await stored(store, answer.cookie)).to.include({ private: 'of the victim' });
      });
    }
  }

  it('does not treat a session as new if its owner ends it during the request', async () => {
    await start((_req, _res, next) => next());
    await host.ask('/who', { user: 'alice' });
    await plant();
    const get = store.get.bind(store);
    store.get = (id, done) =>
      get(id, (error, data) => {
        store.destroy(id, () => done(error, data));
      });
    const answer = await host.ask('/note', { method: 'POST', user: 'alice', cookie: cookieFor('planted') });
    expect(idOf(answer.cookie)).to.not.equal('planted');
    expect(answer.json).to.deep.equal({});
  });

  it('still observes a store after its functions are replaced', async () => {
    await start(cookieParser);
    await host.ask('/who', { user: 'alice' });
    // A host that creates its middleware for WebSockets late also gives the store another `generate`.
    session({ store, secret: sessionSecret, resave: false, saveUninitialized: false });
    await host.ask('/who', { user: 'alice' });
    const answer = await host.ask('/who', { user: 'alice', cookie: 'theme=dark; connect.sid=s%3Agone.signature' });
    expect(answer.cookie).to.equal(undefined);
    expect(Object.keys((store as unknown as { sessions: object }).sessions)).to.deep.equal([]);
  });

  it('does not save an empty new session if the request has other cookies, from the first request on', async () => {
    await start(cookieParser);
    for (const cookie of ['theme=dark', cookieFor('gone'), 'connect.sid=s%3Agone.signature']) {
      const answer = await host.ask('/who', { user: 'alice', cookie });
      expect(answer.cookie, cookie).to.equal(undefined);
    }
    expect(Object.keys((store as unknown as { sessions: object }).sessions)).to.deep.equal([]);
  });
});
