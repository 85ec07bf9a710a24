// Tests for scripts/bench/http/load.ts.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { responseLength, runSlice } from '../../scripts/bench/http/load.js';
import { headerRequest } from '../../scripts/bench/requests.js';

const requests = ['alice', 'bob'].map((subject) => headerRequest('/songs', subject));

describe('the load generator', () => {
  let server: Server;

  async function serve(listener: RequestListener): Promise<number> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function stop(): void {
    server.closeAllConnections();
    server.close();
  }
  afterEach(stop);

  it('sends the requests in turns, and counts each response once', async () => {
    const seen = new Map<unknown, number>();
    const port = await serve((req, res) => {
      const subject = req.headers['remote-user'];
      seen.set(subject, (seen.get(subject) ?? 0) + 1);
      res.end('x'.repeat(100_000));
    });
    const { responses } = await runSlice({ port, requests, milliseconds: 50 });
    const [alice = 0, bob = 0] = [seen.get('alice'), seen.get('bob')];
    expect(responses).to.equal(alice + bob);
    expect(Math.abs(alice - bob)).to.be.at.most(1);
  });

  it('keeps its connections for the next slice', async () => {
    const port = await serve((_req, res) => res.end('ok'));
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    await runSlice({ port, requests, milliseconds: 10 });
    const opened = connections;
    await runSlice({ port, requests, milliseconds: 10 });
    expect(opened).to.be.at.least(1);
    expect(connections).to.equal(opened);
  });

  it('fails if a request is refused, or if the server closes the connection', async () => {
    const failure = async (listener: RequestListener): Promise<string> => {
      const port = await serve(listener);
      return runSlice({ port, requests, milliseconds: 10 }).then(
        () => 'no failure',
        (error: Error) => error.message,
      );
    };
    expect(await failure((_req, res) => res.writeHead(401, { 'Content-Length': 0 }).end())).to.contain('HTTP/1.1 401');
    stop();
    expect(await failure((req) => req.socket.destroy())).to.match(/closed the connection|ECONNRESET/);
  });

  it('waits for the rest of a response', () => {
    const response = 'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello';
    for (let end = 0; end < response.length; end += 1) {
      expect(responseLength(response.slice(0, end))).to.equal(undefined);
    }
    expect(responseLength(`${response}HTTP/1.1`)).to.equal(response.length);
    expect(() => responseLength('HTTP/1.1 200 OK\r\n\r\nContent-Length: 5')).to.throw('without Content-Length');
  });
});
