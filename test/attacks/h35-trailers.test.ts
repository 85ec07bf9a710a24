// H35: identity headers arrive as trailers, after the body.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const chunked = (fields: string, trailers: string): string =>
  `POST /reports HTTP/1.1\r\nHost: app.example\r\n${fields}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n${trailers}\r\n`;

describe('H35: identity headers as trailers', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  it('log nobody in', async () => {
    const [answer] = await server.exchange(chunked('', 'Remote-User: admin\r\nRemote-Groups: admins\r\n'));
    expect(answer?.trailers).to.deep.equal(['remote-user', 'remote-groups']);
    expect(answer?.status).to.equal(200);
    expect(answer).to.not.have.property('assertion');
  });

  it('log nobody in if the Trailer header announces them', async () => {
    const [answer] = await server.exchange(chunked('Trailer: Remote-User\r\n', 'Remote-User: admin\r\n'));
    expect(answer?.trailers).to.deep.equal(['remote-user']);
    expect(answer).to.not.have.property('assertion');
  });

  it('do not change the identity from the headers', async () => {
    const [answer] = await server.exchange(
      chunked('Remote-User: alice\r\n', 'Remote-User: admin\r\nRemote-Groups: admins\r\nRemote-Name: Admin\r\n'),
    );
    expect(answer?.trailers).to.include('remote-groups');
    expect(answer?.assertion).to.deep.equal({ subject: 'alice', groups: [] });
  });
});
