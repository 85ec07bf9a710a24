// Tests for scripts/bench/micro/exchange.ts and scripts/bench/requests.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { connectionCount, exchange } from '../../scripts/bench/micro/exchange.js';
import { bearerRequest, constantStrings, headerRequest, inTurns, newStrings } from '../../scripts/bench/requests.js';

const alice = headerRequest('/songs', 'alice');

function echo(req: IncomingMessage, res: ServerResponse): void {
  const { method, url, headers, rawHeaders, httpVersion, socket } = req;
  const address = socket.remoteAddress;
  res.end(JSON.stringify({ method, url, headers, rawHeaders, httpVersion, address }));
}

function withoutDate(response: string): string {
  return response.replace(/^Date: .*\r\n/m, '');
}

describe('the exchange of the micro-benchmark', () => {
  it('gives a handler the same request, and the client the same response, as a server of node:http', async () => {
    const server = createServer(echo).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const lines = [`GET ${alice.target} HTTP/1.1`];
    for (let at = 0; at < alice.headers.length; at += 2) lines.push(`${alice.headers[at]}: ${alice.headers[at + 1]}`);
    socket.end(`${lines.join('\r\n')}\r\n\r\n`);
    const sent = await text(socket);
    server.close();
    // The client has closed its side, so this server does not keep the connection alive for longer.
    const kept = (response: string): string =>
      withoutDate(response).replace(/^(?:Connection|Keep-Alive): .*\r\n/gm, '');
    for (const copies of [constantStrings(alice), newStrings(alice)]) {
      expect(kept(await exchange(echo).response(copies))).to.equal(kept(sent));
    }
  });

  it('sends exactly the requests that it is asked for', async () => {
    const urls: string[] = [];
    let answered = 0;
    const requests = inTurns([newStrings(alice), newStrings(bearerRequest('/api/songs', 'token'))]);
    const { run } = exchange((req, res) => {
      urls.push(req.url ?? '');
      // The response takes several turns of the event loop.
      setImmediate(() => setImmediate(() => res.end(() => (answered += 1))));
    });
    await run(requests, connectionCount * 2 + 3);
    expect(answered).to.equal(connectionCount * 2 + 3);
    expect(urls).to.have.length(connectionCount * 2 + 3);
    expect(urls.slice(0, 3)).to.deep.equal(['/songs', '/api/songs', '/songs']);
  });

  it('fails if a request is refused', async () => {
    const { run } = exchange((_req, res) => {
      res.statusCode = 401;
      res.end();
    });
    const failure = await run(newStrings(alice), 1).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.equal('GET /songs was answered with 401');
  });
});
