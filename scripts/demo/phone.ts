// The stand-in phone. Its page redeems a code or a link. Its server makes the calls that a native app would make: from
// outside the browser, without cookies, CORS or the login portal.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { html, page, sendPage } from './html.js';
import { readText, sendScript, sendStyles } from './serving.js';

const grantType = 'urn:latchkey:params:oauth:grant-type:quick-connect';

/** Serves the phone on a listening server. */
export function servePhone(
  server: Server,
  options: {
    /** The token issuer that this phone is set up for, as links name it. */
    issuer: string;
    /** The address of the app's server. Default: the issuer's origin. */
    serverUrl?: string;
  },
): void {
  const serverUrl = options.serverUrl ?? new URL(options.issuer).origin;
  const tokenUrl = new URL(`${new URL(options.issuer).pathname}/token`, serverUrl);

  const redeem = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = JSON.parse(await readText(request)) as Record<string, unknown>;
    // A link may come from anyone, so its secret is sent only to the server that this phone is set up for.
    if (asked['iss'] !== undefined && asked['iss'] !== options.issuer) {
      return sendJson(response, 400, { error: 'wrong_server' });
    }
    const { code, id, secret, device_name, redemption_id } = asked;
    await relay(response, tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: grantType,
        client_id: 'demo-phone',
        code,
        id,
        secret,
        device_name,
        redemption_id,
      }),
    });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/styles.css') return sendStyles(response);
    if (path === '/phone.js') return sendScript(response, 'phone');
    if (path === '/token' && request.method === 'POST') return redeem(request, response);
    if (/^\/call\/api\/[a-z]+$/u.test(path)) {
      const { authorization = '' } = request.headers;
      return relay(response, new URL(path.slice('/call'.length), serverUrl), { headers: { authorization } });
    }
    if (path === '/' || path === '/link') return sendPage(response, 200, phonePage());
    sendJson(response, 404, { error: 'not_found' });
  };

  server.on('request', (request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) sendJson(response, 502, { error: 'unreachable' });
      else response.end();
    });
  });
}

async function relay(response: ServerResponse, url: URL, init: RequestInit): Promise<void> {
  const answer = await fetch(url, { ...init, redirect: 'manual' });
  const text = await answer.text();
  const json = /\bjson\b/u.test(answer.headers.get('content-type') ?? '');
  sendJson(response, answer.status, json ? (JSON.parse(text) as unknown) : { error: 'not_json' });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function phonePage(): string {
  return page({
    title: 'Stand-in phone',
    styles: '/styles.css',
    script: '/phone.js',
    body: html`
<main class="phone">
  <h1>Stand-in phone</h1>
  <p id="message" role="status" aria-live="polite"></p>
  <form id="connect">
    <p>In the browser, open <em>Connect a phone</em>. Type the code you see there, or open its link here.</p>
    <p id="link-note" class="note" hidden></p>
    <label for="code">Code</label>
    <input id="code" name="code" class="code" required maxlength="32" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX-XXXX">
    <label for="device-name">This phone’s name</label>
    <input id="device-name" name="device-name" required maxlength="64" value="Demo phone" autocomplete="off">
    <button>Connect</button>
  </form>
  <section id="connected" aria-labelledby="connected-title" hidden>
    <h2 id="connected-title">Connected</h2>
    <p>This phone acts for <strong id="account"></strong>.</p>
    <p class="row">
      <button type="button" data-call="/api/me">Who am I?</button>
      <button type="button" data-call="/api/reports">Reports</button>
      <button type="button" id="disconnect" class="quiet">Disconnect</button>
    </p>
    <pre id="output" tabindex="0" aria-label="The server’s answer" hidden></pre>
  </section>
</main>`,
  });
}
