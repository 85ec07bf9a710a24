// The faults of the TCP proxy, on real connections.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

describe('the TCP proxy', () => {
  let echo: Server;
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  before(async () => {
    echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const address = echo.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has an address with a port');
    proxy = await startTcpProxy({ host: '127.0.0.1', port: address.port });
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await proxy.stop();
    echo.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(proxy.port, proxy.host).on('error', () => {});
    clients.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function echoed(socket: Socket, text: string): Promise<string> {
    let answer = '';
    socket.write(text);
    while (answer.length < text.length) answer += String((await once(socket, 'data'))[0]);
    return answer;
  }

  it('delays both directions, and keeps the order when the delay ends', async () => {
    const socket = await client();
    proxy.slow(100);
    const began = performance.now();
    const first = echoed(socket, 'first');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await first).to.equal('first');
    // Timers may fire a little early.
    expect(performance.now() - began).to.be.above(198);
    const both = echoed(socket, 'ab');
    proxy.heal();
    socket.write('cd');
    let answer = await both;
    while (answer.length < 4) answer += String((await once(socket, 'data'))[0]);
    expect(answer).to.equal('abcd');
  });

  it('resets connections, and accepts new ones', async () => {
    const socket = await client();
    await echoed(socket, 'open');
    const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
    proxy.reset();
    const [error] = await failed;
    expect(error.code).to.equal('ECONNRESET');
    expect(await echoed(await client(), 'again')).to.equal('again');
  });

  it('abandons connections for good, and forwards new ones', async () => {
    const socket = await client();
    await echoed(socket, 'open');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    proxy.abandon();
    socket.write('lost');
    proxy.heal();
    // What a new connection says later is forwarded, so the older text would have arrived, too.
    expect(await echoed(await client(), 'later')).to.equal('later');
    expect(heard).to.equal('');
    expect(socket.closed).to.equal(false);
  });
});
