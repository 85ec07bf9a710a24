// P11: the client sends its token only to its own server, whatever the address, and follows no redirect.
import { expect } from 'chai';
import { clientCode, type StandIn, startStandIn, type TestApp, testApp, tokenAnswer } from '../support/client-rig.js';

describe('P11: the client with a token', () => {
  let home: StandIn;
  let elsewhere: StandIn;
  let app: TestApp;
  beforeEach(async () => {
    home = await startStandIn();
    elsewhere = await startStandIn();
    elsewhere.answers = [[200, {}]];
    home.answers = [tokenAnswer('t.1'), [200, {}]];
    app = testApp();
    await app.connection.redeem({ issuer: home.issuer, code: 'K7QM-2P9D-XR40' });
    home.heard.length = 0;
  });
  afterEach(async () => {
    expect(elsewhere.heard).to.deep.equal([]);
    await home.stop();
    await elsewhere.stop();
  });

  it('refuses addresses of other servers in any spelling', async () => {
    const host = new URL(elsewhere.origin).host;
    const homeHost = new URL(home.origin).host;
    for (const target of [
      `${elsewhere.origin}/api/library`,
      `//${host}/api/library`,
      `/\\${host}/api/library`,
      `\\\\${host}/api/library`,
      `/\t/${host}/api/library`,
      `http://${homeHost}@${host}/api/library`,
      `http://user:word@${homeHost}/api/library`,
      `https://${homeHost}/api/library`,
      `http://localhost:${new URL(home.origin).port}/api/library`,
      'data:text/plain,x',
      'api/library',
      '',
    ]) {
      expect(await clientCode(app.connection.call(target), 't.1'), target).to.equal('ERR_FOREIGN_ORIGIN');
    }
    expect(home.heard).to.deep.equal([]);
  });

  it('sends it to its own server in any spelling', async () => {
    for (const target of ['/api/library', `${home.origin}/api/library`, '/a/../api/library']) {
      await app.connection.call(target);
    }
    expect(home.heard.map(({ path, headers }) => [path, headers.authorization])).to.deep.equal(
      Array(3).fill(['/api/library', 'Bearer t.1']),
    );
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`follows no redirect (${status})`, async () => {
      home.answers = [[status, '', { Location: `${elsewhere.origin}/api/library` }]];
      expect(await clientCode(app.connection.call('/api/library'), 't.1')).to.equal('ERR_REDIRECTED');
      expect(await clientCode(app.connection.renew(), 't.1')).to.equal('ERR_REDIRECTED');
      expect(await clientCode(app.connection.disconnect(), 't.1')).to.equal('ERR_REDIRECTED');
      expect(app.connection.state).to.equal('connected');
      const unpaired = testApp().connection.redeem({ issuer: home.issuer, code: 'K7QM-2P9D-XR40' });
      expect(await clientCode(unpaired, 'K7QM')).to.equal('ERR_REDIRECTED');
    });
  }

  it('refuses a response from another server if fetch has followed a redirect', async () => {
    const follows = testApp(
      {
        async fetch() {
          const response = new Response('{"from":"elsewhere"}');
          Object.defineProperty(response, 'url', { value: `${elsewhere.origin}/api/library` });
          return response;
        },
      },
      app.stored,
    );
    expect(await clientCode(follows.connection.call('/api/library'))).to.equal('ERR_REDIRECTED');
  });

  it('tells fetch to follow no redirects and to send no cookies', async () => {
    const inits: object[] = [];
    const watched = testApp(
      {
        fetch(url, init) {
          inits.push(init);
          return fetch(url, init);
        },
      },
      app.stored,
    );
    await watched.connection.call('/api/library');
    await watched.connection.disconnect();
    for (const init of inits) expect(init).to.include({ redirect: 'manual', credentials: 'omit' });
    expect(inits).to.have.length(2);
  });

  it('puts neither code nor token into an address', async () => {
    const paths: string[] = [];
    const watched = testApp({
      fetch(url, init) {
        paths.push(url);
        return fetch(url, init);
      },
    });
    home.answers = [tokenAnswer('t.1'), tokenAnswer('t.2'), [200, {}]];
    await watched.connection.redeem({ issuer: home.issuer, code: 'K7QM-2P9D-XR40' });
    await watched.connection.renew();
    await watched.connection.disconnect();
    expect(paths).to.deep.equal(['token', 'token', 'revoke'].map((path) => `${home.issuer}/${path}`));
  });
});
