// A server whose `upgrade` listeners are guarded, and raw handshakes with it.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Ask, headersOf } from './client.js';
import { addSecret, type Host } from './harness.js';

/** The outcome of a handshake: a socket, or the HTTP response of a refusal. */
export interface Handshake {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly json: Record<string, unknown> | undefined;
  /** Open if `status` is 101. */
  readonly socket: Socket;
}

export interface GuardedServer {
  readonly server: Server;
  readonly port: number;
  /** The requests that a listener saw. */
  readonly seen: IncomingMessage[];
  shake(path: string, ask?: Ask): Promise<Handshake>;
  close(): void;
}

/**
 * Starts a server with one raw listener. It accepts every request, and then echoes.
 * @param shared The host has shared paths, so its proxy adds the proxy secret.
 */
export async function startGuarded(
  auth: Host['auth'],
  options?: Parameters<Host['auth']['guardUpgrades']>[1],
  shared = false,
): Promise<GuardedServer> {
  const server = createServer();
  const seen: IncomingMessage[] = [];
  server.on('upgrade', (req, socket, head) => {
    seen.push(req);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n');
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  });
  auth.guardUpgrades(server, options);
  if (shared) {
    const { emit } = server;
    server.emit = (name: string, ...values: readonly unknown[]) => {
      if (name === 'upgrade') addSecret(values[0] as IncomingMessage);
      return Reflect.apply(emit, server, [name, ...values]);
    };
  }
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    seen,
    shake: (path, ask = {}) => shake(port, path, ask),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function shake(port: number, path: string, ask: Ask): Promise<Handshake> {
  const headers = { Connection: 'Upgrade', Upgrade: 'test', ...headersOf(ask) };
  const sent = request({ host: '127.0.0.1', port, path, headers, agent: false });
  sent.end();
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('upgrade', (response, socket) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, json: undefined, socket });
    });
    sent.on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      const json = text === '' ? undefined : JSON.parse(text);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, json, socket: response.socket });
    });
  });
}
