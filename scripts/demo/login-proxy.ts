// The stand-in proxy. It stands in front of the app, asks the portal who a request is, and tells the app.
import { type IncomingMessage, request as outgoing, type Server, type ServerResponse } from 'node:http';
import type { LoginPortal } from './login-portal.js';
import { identityHeaders } from './login-portal.js';

/** The header that proves to the app that this proxy has authenticated the request. */
export const secretHeader = 'X-Latchkey-Proxy-Secret';

// Hop-by-hop fields belong to one connection (RFC 9110 §7.6.1); every spelling of the identity headers belongs to us.
const hopByHop = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/u;
const ours = /^(?:remote-(?:user|groups|name|email)|x-latchkey-proxy-secret|x-forwarded-(?:for|host|proto))$/u;

/** Serves the proxy on a listening server. */
export function serveLoginProxy(
  server: Server,
  options: { portal: LoginPortal; appPort: number; secret: string; onError: (error: unknown) => void },
): void {
  const { portal, appPort, secret, onError } = options;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path.startsWith('/sso/')) return portal.serve(request, response);

    // Apps pass here without a login, and so without an identity: they bring a token.
    if (path.startsWith('/api/')) return forward(request, response, {});

    const person = portal.verify(request);
    if (person === undefined) return sendToLogin(request, response);
    forward(request, response, { ...identityHeaders(person), [secretHeader]: secret });
  };

  const forward = (request: IncomingMessage, response: ServerResponse, identity: Record<string, string>): void => {
    const inner = outgoing({
      host: '127.0.0.1',
      port: appPort,
      method: request.method,
      path: request.url,
      headers: [...clientHeaders(request), ...Object.entries(identity).flat()],
    });
    inner.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
      // Sends the head of an event stream before its first event.
      response.flushHeaders();
      answer.pipe(response);
    });
    inner.on('error', (error) => {
      if (response.headersSent || response.destroyed) return void response.destroy();
      onError(error);
      response.writeHead(502, { 'content-type': 'text/plain' }).end('The app does not answer.\n');
    });
    // A client that goes away takes its stream with it.
    response.on('close', () => inner.destroy());
    request.pipe(inner);
  };

  server.on('request', (request, response) => {
    handle(request, response).catch((error: unknown) => {
      onError(error);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('The proxy failed.\n');
    });
  });
}

/** A flat list of names and values without the fields that are ours to say, or that end at this connection. */
function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    const name = (rawHeaders[index - (index % 2)] ?? '').toLowerCase().replace(/[_.]/gu, '-');
    return !hopByHop.test(name) && !ours.test(name);
  });
}

/** The client's headers without what it may not say. */
function clientHeaders(request: IncomingMessage): string[] {
  const host = request.headers.host ?? '';
  return endToEnd(request.rawHeaders).concat(
    ['X-Forwarded-For', request.socket.remoteAddress ?? ''],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', host],
    // A body of unknown length keeps its framing.
    request.headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked'],
  );
}

/** People are sent to the login page; scripts are told, and send nobody anywhere. */
function sendToLogin(request: IncomingMessage, response: ServerResponse): void {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  if (wantsPage) {
    const target = encodeURIComponent(request.url ?? '/');
    response.writeHead(302, { location: `/sso/login?return_to=${target}`, 'cache-control': 'no-store' }).end();
  } else {
    response.writeHead(401, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end('Not logged in.\n');
  }
}
