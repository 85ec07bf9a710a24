// H9: `Connection: Remote-User` makes a proxy strip the header that it should send.
import { expect } from 'chai';
import { type IdentityServer, requestText, startIdentityServer } from '../support/identity-server.js';

describe('H9: identity headers stripped by a proxy', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({
      proxySecret: { header: 'X-Proxy-Secret', values: ['0123456789-abcdef'] },
    });
  });
  after(() => server.stop());

  const secret = ['X-Proxy-Secret', '0123456789-abcdef'] as const;

  it('are refused if the Connection header names one, even if that one was stripped', async () => {
    for (const value of [
      ...['Remote-User', 'close, Remote-User', 'keep-alive,REMOTE-GROUPS', 'Remote-Name ,close', 'x,\tRemote-Email'],
      ...['remote_user', 'Remote.Groups', 'X-Proxy-Secret', ',,remote-user,,'],
    ]) {
      const stripped = await server.get('/', [['Connection', value]]);
      expect(stripped, value).to.include({ status: 400, code: 'ERR_HEADER_CONNECTION' });
      const kept = await server.get('/', [['Remote-User', 'alice'], secret, ['connection', value]]);
      expect(kept, value).to.include({ status: 400, code: 'ERR_HEADER_CONNECTION' });
    }
  });

  it('are refused if any of several Connection headers names one', async () => {
    for (const [first, second] of [
      ['keep-alive', 'remote-groups'],
      ['remote-groups', 'keep-alive'],
    ] as const) {
      const answer = await server.get('/', [
        ['Connection', first],
        ['Remote-User', 'alice'],
        secret,
        ['Connection', second],
      ]);
      expect(answer.code, `${first} ${second}`).to.equal('ERR_HEADER_CONNECTION');
    }
  });

  it('are accepted with the usual connection options', async () => {
    for (const value of ['keep-alive', 'close', 'Keep-Alive', 'keep-alive, x-other', 'TE', '']) {
      const answer = await server.get('/', [['Connection', value], ['Remote-User', 'alice'], secret]);
      expect(answer.assertion?.subject, value).to.equal('alice');
    }
  });

  it('never give a request the identity of an earlier one on the same connection', async () => {
    const alice = [['Remote-User', 'alice'], ['Remote-Groups', 'admins'], secret] as const;
    const answers = await server.exchange(
      requestText('/', alice) + requestText('/', []) + requestText('/', alice) + requestText('/', alice.slice(1)),
      4,
    );
    expect(answers.map(({ status, assertion }) => [status, assertion?.subject])).to.deep.equal([
      [200, 'alice'],
      [200, undefined],
      [200, 'alice'],
      [200, undefined],
    ]);
  });

  it('never give a request the name or email of an earlier one', async () => {
    const told = ['Ada', undefined, 'Eve'].flatMap((name) => [
      requestText('/', [
        ['Remote-User', 'alice'],
        secret,
        ...(name === undefined ? [] : [['Remote-Name', name] as const]),
      ]),
      requestText('/', [
        ['Remote-User', 'alice'],
        secret,
        ...(name === undefined ? [] : [['Remote-Email', name] as const]),
      ]),
    ]);
    const answers = await server.exchange(told.join(''), told.length);
    expect(answers.map(({ assertion }) => [assertion?.displayName, assertion?.email])).to.deep.equal([
      ['Ada', undefined],
      [undefined, 'Ada'],
      [undefined, undefined],
      [undefined, undefined],
      ['Eve', undefined],
      [undefined, 'Eve'],
    ]);
  });

  it('mean no groups if the groups header was stripped, never those of an earlier request', async () => {
    const answers = await server.exchange(
      requestText('/', [['Remote-User', 'alice'], ['Remote-Groups', 'admins'], secret]) +
        requestText('/', [['Remote-User', 'alice'], secret]),
      2,
    );
    expect(answers.map(({ assertion }) => assertion?.groups)).to.deep.equal([['admins'], []]);
  });
});
