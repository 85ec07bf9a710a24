// The stand-in proxy. It receives the app's requests, asks the portal who each one is, and asserts that to the app.
import { type IncomingMessage, request as outgoing, type Server, type ServerResponse } from 'node:http';
import type { LoginPortal } from './login-portal.js';
import { identityHeaders } from './login-portal.js';

/** The header that proves to the app that this proxy has authenticated the request. */
export const secretHeader = 'X-Latchkey-Proxy-Secret';

// Hop-by-hop fields belong to one connection (RFC 9110 §7.6.1). The identity headers are the proxy's, in any spelling.
const hopByHop = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/u;
const proxyOnly = /^(?:remote-(?:user|groups|name|email)|x-latchkey-proxy-secret|x-forwarded-(?:for|host|proto))$/u;

/** Serves the proxy on a listening server. */
export function serveLoginProxy(
  server: Server,
  options: { portal: LoginPortal; appPort: number; secret: string; onError: (error: unknown) => void },
): void {
  const { portal, appPort, secret, onError } = options;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path.startsWith('/sso/')) return portal.serve(request, response);

    // Apps need no login here, so these requests have no identity. They have a token.
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
      // Sends the head of an event stream without waiting for its first event.
      response.flushHeaders();
      answer.pipe(response);
    });
    inner.on('error', (error) => {
      if (response.headersSent || response.destroyed) return void response.destroy();
      onError(error);
      response.writeHead(502, { 'content-type': 'text/plain' }).end('The app does not answer.\n');
    });
    // Ends the stream if its client disconnects.
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

/** A flat list of names and values without hop-by-hop fields and without fields that only the proxy may set. */
function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    const name = (rawHeaders[index - (index % 2)] ?? '').toLowerCase().replace(/[_.]/gu, '-');
    return !hopByHop.test(name) && !proxyOnly.test(name);
  });
}

/** The client's headers without those that only the proxy may set, and with the proxy's own. */
function clientHeaders(request: IncomingMessage): string[] {
  const host = request.headers.host ?? '';
  return endToEnd(request.rawHeaders).concat(
    ['X-Forwarded-For', request.socket.remoteAddress ?? ''],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', host],
    // A body of unknown length stays chunked.
    request.headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked'],
  );
}

/** Redirects a page request to the login page, and answers 401 to a script. */
function sendToLogin(request: IncomingMessage, response: ServerResponse): void {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  if (wantsPage) {
    const target = encodeURIComponent(request.url ?? '/');
    response.writeHead(302, { location: `/sso/login?return_to=${target}`, 'cache-control': 'no-store' }).end();
  } else {
    response.writeHead(401, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end('Not logged in.\n');
  }
}
