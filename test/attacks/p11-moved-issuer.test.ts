// P11: a server changes its issuer without pairing every phone anew, and nobody else can make a phone follow.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { listening } from '../frameworks/rig.js';
import { clientCode, type StandIn, startStandIn, testApp, tokenAnswer } from '../support/client-rig.js';
import { refusalOf } from '../support/refusal.js';

const keys = [{ kid: 'one', secret: 'k'.repeat(32) }];
const redeem = { code: 'K7QM-2P9D-XR40' };

describe('P11: a server that moves', () => {
  const servers: Server[] = [];
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    for (const close of closing.splice(0)) await close();
  });

  it('keeps its phones: former tokens are accepted, and a renewal moves the phone', async () => {
    const directory = memoryDirectory();
    const app = express();
    const server = createServer((req, res) => app(req, res));
    servers.push(server);
    const port = await listening(server);
    const [former, issuer] = [`http://127.0.0.1:${port}/api/auth`, `http://localhost:${port}/api/auth`];
    const version = (tokens: { issuer: string; formerIssuers?: string[]; foreignTokens?: 'pass' }) => {
      const auth = latchkey({
        trustedProxies: ['loopback'],
        headers: 'authelia',
        session: 'none',
        directory,
        state: memoryState(),
        unguardedPaths: ['/api'],
        tokens: { keys, ...tokens },
        quickConnect: { appLink: 'https://music.example.com/link' },
      });
      closing.push(() => auth.close());
      return auth;
    };
    let auth = version({ issuer: former });
    app.use((req, res, next) => auth.authenticate(req, res, next));
    app.use('/auth', (req, res, next) => auth.router(req, res, next));
    app.use('/api/auth', (req, res, next) => auth.tokenRouter(req, res, next));
    app.get('/api/library', (req, res) => void res.json({ owner: req.principal?.subject }));
    app.use((error: unknown, req: express.Request, res: express.Response, next: express.NextFunction) =>
      auth.problems(error, req, res, next),
    );
    const opened = await fetch(`http://127.0.0.1:${port}/auth/pairings`, {
      method: 'POST',
      headers: { 'Remote-User': 'ada', 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: '{}',
    });
    const { code } = (await opened.json()) as { code: string };
    const phone = testApp({ now: Date.now });
    await phone.connection.redeem({ issuer: former, code });
    const owner = async () =>
      ((await (await phone.connection.call('/api/library')).json()) as { owner?: string }).owner;
    expect(await owner()).to.equal('ada');

    auth = version({ issuer, formerIssuers: [former], foreignTokens: 'pass' });
    expect(await owner()).to.equal('ada');
    expect(phone.connection.issuer).to.equal(former);
    await phone.connection.renew();
    expect(phone.connection.issuer).to.equal(issuer);
    expect(await owner()).to.equal('ada');

    // The time is over: the phone that has moved stays.
    auth = version({ issuer });
    expect(await owner()).to.equal('ada');
    expect(await auth.devices.list({ subject: 'ada' })).to.have.length(1);
  });

  it('does not accept the tokens of issuers that it never had, nor forged ones of a former issuer', async () => {
    const issuer = 'https://new.example.com/api/auth';
    const former = 'https://old.example.com/api/auth';
    const { apiTokens } = await import('../../src/tokens/api-token.js');
    const { keyRing } = await import('../../src/tokens/key-ring.js');
    const now = Date.now;
    const claims = {
      deviceId: 'd',
      subject: 'ada',
      clientId: 'app',
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    };
    const of = (name: string, secret = 'k') =>
      apiTokens({ keys: keyRing([{ kid: 'one', secret: secret.repeat(32) }]), issuer: name, now }).mint(claims);
    const tokens = apiTokens({ keys: keyRing(keys), issuer, formerIssuers: [former], now });
    expect(tokens.verify(of(former)).subject).to.equal('ada');
    expect(tokens.verify(of(issuer)).subject).to.equal('ada');
    expect(refusalOf(() => tokens.verify(of('https://third.example.com/api/auth'))).code).to.equal('ERR_TOKEN_INVALID');
    expect(refusalOf(() => tokens.verify(of(former, 'x'))).code).to.equal('ERR_TOKEN_INVALID');
    expect(tokens.claimsToBeOurs(of(former, 'x')), 'also with foreignTokens').to.equal(true);
    const without = apiTokens({ keys: keyRing(keys), issuer, now });
    expect(refusalOf(() => without.verify(of(former))).code).to.equal('ERR_TOKEN_INVALID');
  });

  it('stops at start with former issuers that cannot be right', () => {
    const start = (formerIssuers: unknown) =>
      latchkey({
        trustedProxies: ['loopback'],
        headers: 'authelia',
        directory: memoryDirectory(),
        state: memoryState(),
        unguardedPaths: ['/api'],
        tokens: { keys, issuer: 'https://new.example.com/api/auth', formerIssuers: formerIssuers as string[] },
      });
    for (const wrong of [
      'https://old.example.com/api/auth',
      ['http://old.example.com/api/auth'],
      ['https://old.example.com/api/auth?x'],
      ['https://new.example.com/api/auth'],
      ['https://old.example.com/guarded'],
      [7],
    ]) {
      const error = refusalOf(() => start(wrong));
      expect(error.code, String(wrong)).to.equal('ERR_CONFIG');
      expect(error.message).to.contain('tokens.formerIssuers');
    }
  });

  describe('moves a phone only by its own answer to a renewal', () => {
    let home: StandIn;
    let thief: StandIn;
    const [, granted] = tokenAnswer('t.2') as [number, object];
    beforeEach(async () => {
      home = await startStandIn();
      thief = await startStandIn();
      closing.push(home.stop, thief.stop);
    });
    const paired = async (options = {}) => {
      const app = testApp(options);
      home.answers = [[...(tokenAnswer('t.1') as [number, object])]];
      await app.connection.redeem({ issuer: home.issuer, ...redeem });
      return app;
    };

    it('not by the answer to a pairing or a call, nor by a redirect', async () => {
      const app = testApp();
      home.answers = [[200, { ...granted, issuer: thief.issuer }]];
      await app.connection.redeem({ issuer: home.issuer, ...redeem });
      expect(app.connection.issuer).to.equal(home.issuer);
      home.answers = [[200, { issuer: thief.issuer }]];
      await app.connection.call('/api/library');
      expect(app.connection.issuer).to.equal(home.issuer);
      home.answers = [[307, '', { Location: `${thief.issuer}/token` }]];
      expect(await clientCode(app.connection.renew(), 't.2')).to.equal('ERR_REDIRECTED');
      home.answers = [[400, { error: 'invalid_request', issuer: thief.issuer }]];
      await clientCode(app.connection.renew());
      expect(app.connection.issuer).to.equal(home.issuer);
      expect(thief.heard).to.deep.equal([]);
    });

    it('to an issuer that the app accepts, and only over https', async () => {
      const bound = await paired({ issuers: [home.issuer] });
      home.answers = [[200, { ...granted, issuer: thief.issuer }]];
      await bound.connection.renew();
      expect(bound.connection.issuer).to.equal(home.issuer);
      for (const issuer of [
        'http://music.example.com/api/auth',
        'https://a@b.example/x',
        'x',
        7,
        null,
        `${thief.issuer}?x`,
      ]) {
        const app = await paired();
        home.answers = [[200, { ...granted, issuer }]];
        await app.connection.renew();
        expect(app.connection.issuer, String(issuer)).to.equal(home.issuer);
      }
      const free = await paired();
      home.answers = [[200, { ...granted, issuer: thief.issuer }]];
      thief.answers = [[200, {}]];
      await free.connection.renew();
      expect(free.connection.issuer).to.equal(thief.issuer);
      await free.connection.call('/api/library');
      expect(thief.heard.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer t.2']);
    });
  });
});
