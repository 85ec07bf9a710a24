// Redirects from a page to the login and back, as a browser follows them.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { pages } from '../../src/pages/pages.js';
import { type Answer, type Host, type HostOptions, startHost } from './harness.js';

describe('redirects through the login', () => {
  let host: Host;
  let store: MemoryStore;
  afterEach(() => host.close());

  const start = async (options: HostOptions = {}) => {
    store = new MemoryStore();
    const services = { session: 'login-only', pages: pages(), ...options.services } as const;
    host = await startHost({ ...options, store, services });
  };

  interface Journey {
    readonly answer: Answer;
    /** The URLs on the way, as the browser sees them. */
    readonly places: readonly string[];
  }

  /** Follows redirects from `place`, with cookies; the proxy strips `prefix` and logs `user` in. */
  async function browse(
    place: string,
    { prefix = '', user }: { prefix?: string; user?: string } = {},
  ): Promise<Journey> {
    let cookie: string | undefined;
    const places = [place];
    for (;;) {
      const { pathname, search } = new URL(places.at(-1) ?? '', 'http://browser.example');
      if (!pathname.startsWith(`${prefix}/`)) throw new Error(`${pathname} is another app's`);
      const path = pathname.slice(prefix.length) + search;
      const answer = await host.ask(path, { ...(user === undefined ? {} : { user }), cookie });
      cookie = answer.cookie ?? cookie;
      const { location } = answer.headers;
      if (location === undefined) return { answer, places };
      if (places.length > 8) throw new Error(`goes on for ever: ${places.join(' ')}`);
      const next = new URL(location, new URL(places.at(-1) ?? '', 'http://browser.example'));
      places.push(next.pathname + next.search);
    }
  }

  const sessionsStored = (): number => Object.keys((store as unknown as { sessions: object }).sessions).length;

  for (const page of ['quick-connect', 'admin', 'activate?user_code=WDJB-MJHT']) {
    it(`end at the page where they started (${page})`, async () => {
      await start();
      const { answer, places } = await browse(`/auth/${page}`, { user: 'alice' });
      expect(answer.status).to.be.oneOf([200, 403]);
      expect(places.at(-1)).to.equal(`/auth/${page}`);
      expect(sessionsStored()).to.equal(1);
    });

    it(`stay below a prefix that the proxy strips (${page})`, async () => {
      await start();
      const { answer, places } = await browse(`/music/auth/${page}`, { prefix: '/music', user: 'alice' });
      expect(answer.status).to.be.oneOf([200, 403]);
      expect(places.at(-1)).to.equal(`/music/auth/${page}`);
    });

    it(`happen once when the browser does not return the cookie (${page})`, async () => {
      // Behind TLS, but without "trust proxy": express-session never sends a cookie that is for HTTPS only.
      await start({ sessionCookie: { secure: true } });
      const { answer, places } = await browse(`/auth/${page}`, { user: 'alice' });
      expect(places.filter((place) => place.startsWith('/auth/login'))).to.have.length(1);
      expect(answer.status).to.equal(401);
      expect(answer.text).to.include('id="panel-cookie-lost"');
      expect(new URL(places.at(-1) ?? '', 'http://browser.example').searchParams.get('from')).to.equal('login');
      expect(sessionsStored()).to.equal(1);
    });
  }

  it('tell the operator once when the browser does not return the cookie', async () => {
    const codes: (string | undefined)[] = [];
    const hear = ({ code }: Error & { code?: string }) => void codes.push(code);
    process.on('warning', hear);
    await start({ sessionCookie: { secure: true } });
    for (let round = 0; round < 3; round += 1) await browse('/auth/quick-connect', { user: 'alice' });
    await new Promise(setImmediate);
    process.off('warning', hear);
    expect(codes.filter((code) => code === 'LATCHKEY_COOKIE')).to.have.length(1);
  });

  it('lead to the host’s mount path without return_to', async () => {
    await start();
    for (const prefix of ['', '/music']) {
      const { places } = await browse(`${prefix}/auth/login`, { prefix, user: 'alice' });
      expect(places.at(-1)).to.equal(`${prefix}/`);
    }
  });

  it('lead to created records below a stripped prefix, too', async () => {
    await start({ services: { session: 'every-request' } });
    const made = await host.write('POST', '/auth/pairings', { user: 'alice' });
    const place = new URL(made.headers.location ?? '', 'http://browser.example/music/auth/pairings');
    expect(place.pathname).to.equal(`/music/auth/pairings/${made.json?.['id']}`);
    const user = { user: 'root', groups: 'admins' };
    const added = await host.write('POST', '/auth/admin/users', {
      ...user,
      json: { subject: 'eve', auth_method: 'local' },
    });
    const row = new URL(added.headers.location ?? '', 'http://browser.example/music/auth/admin/users');
    expect(row.pathname).to.equal(`/music/auth/admin/users/${added.json?.['id']}`);
  });

  describe('logout', () => {
    it('reports that the proxy’s login continues, in every mode in which it does', async () => {
      for (const session of ['every-request', 'login-only', 'none'] as const) {
        await start({ services: { session } });
        const { cookie } = await host.ask('/auth/login', { user: 'alice' });
        const answer = await host.write('POST', '/auth/logout', { user: 'alice', cookie });
        expect(answer.json, session).to.deep.equal({ proxy_login: true });
        if (session !== 'none') await host.close();
      }
    });

    it('does not report it when the proxy logs out, too, or did not log in', async () => {
      await start({ services: { session: 'login-only', logoutUrl: 'https://sso.example.com/out' } });
      const { cookie } = await host.ask('/auth/login', { user: 'alice' });
      const answer = await host.write('POST', '/auth/logout', { user: 'alice', cookie });
      expect(answer.json).to.deep.equal({ logout_url: 'https://sso.example.com/out' });
      await host.close();
      await start();
      const login = await host.ask('/auth/login', { user: 'alice' });
      expect((await host.write('POST', '/auth/logout', { cookie: login.cookie })).json).to.deep.equal({});
    });
  });
});
