// The stand-in login portal, in place of Authelia or oauth2-proxy. It has no passwords: the user picks a person. The
// stand-in proxy asks it who a request is, and so does nginx through auth_request.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { html, page, sendPage } from './html.js';
import { type Person, parseGroups, people } from './people.js';
import { readText, sendStyles } from './serving.js';

const cookieName = 'portal_login';
const lifetimeSeconds = 8 * 60 * 60;

/** The portal: its pages under /sso/, and its answers about requests. */
export interface LoginPortal {
  /** The person who is logged in by the portal's cookie. */
  verify(request: IncomingMessage): Person | undefined;
  /** Answers /sso/login, /sso/logout, /sso/verify and /sso/styles.css. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** The identity headers for a person, in the form that Authelia sends: raw UTF-8, comma-separated groups. */
export function identityHeaders(person: Person): Record<string, string> {
  const raw = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  return {
    'Remote-User': raw(person.subject),
    'Remote-Groups': raw(person.groups.join(',')),
    'Remote-Name': raw(person.name),
    'Remote-Email': raw(person.email),
  };
}

/** Creates a portal with the demo's people. `secret` signs its cookie. */
export function loginPortal(secret: string, now: () => number = Date.now): LoginPortal {
  const known = people();

  const sign = (text: string): string => createHmac('sha256', secret).update(`portal:${text}`).digest('base64url');

  const cookieFor = (subject: string): string => {
    const claim = `${subject}.${Math.floor(now() / 1000) + lifetimeSeconds}`;
    return `${cookieName}=${claim}.${sign(claim)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lifetimeSeconds}`;
  };

  const verify = (request: IncomingMessage): Person | undefined => {
    for (const pair of (request.headers.cookie ?? '').split(';')) {
      const match = /^\s*portal_login=([\w-]+)\.(\d+)\.([\w-]+)\s*$/u.exec(pair);
      if (match === null) continue;
      const [, subject = '', expiry = '', signature = ''] = match;
      const expected = Buffer.from(sign(`${subject}.${expiry}`));
      const given = Buffer.from(signature);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) continue;
      if (Number(expiry) * 1000 > now()) return known.get(subject);
    }
    return undefined;
  };

  const logIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await readText(request));
    const person = known.get(form.get('person') ?? '');
    if (person === undefined || !fromThisSite(request)) return sendPage(response, 400, loginPage(known, '/'));
    const groups = form.get('groups');
    if (groups !== null) person.groups = parseGroups(groups);
    response.writeHead(303, {
      location: localPath(form.get('return_to') ?? '/'),
      'set-cookie': cookieFor(person.subject),
      'cache-control': 'no-store',
    });
    response.end();
  };

  return {
    verify,
    async serve(request, response) {
      const [path = '', ...query] = (request.url ?? '').split('?');
      if (path === '/sso/verify') {
        const person = verify(request);
        response.writeHead(person === undefined ? 401 : 200, {
          'cache-control': 'no-store',
          ...(person && identityHeaders(person)),
        });
        response.end();
      } else if (path === '/sso/styles.css') {
        await sendStyles(response);
      } else if (path === '/sso/logout') {
        response.writeHead(303, {
          location: '/sso/login',
          'set-cookie': `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
          'cache-control': 'no-store',
        });
        response.end();
      } else if (path === '/sso/login' && request.method === 'POST') {
        await logIn(request, response);
      } else if (path === '/sso/login') {
        sendPage(response, 200, loginPage(known, returnTo(query.join('?')), verify(request)));
      } else {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('The login portal has no such page.\n');
      }
    },
  };
}

/** The target if it is a path of this site, or `/`. Browsers read `//host` and `/\host` as other hosts. */
function localPath(target: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/u.test(target) && !target.startsWith('/sso/') ? target : '/';
}

/** nginx passes the target without encoding it, so everything after `return_to=` belongs to it. */
function returnTo(query: string): string {
  const given = /(?:^|&)return_to=(.*)$/u.exec(query)?.[1] ?? '/';
  try {
    return localPath(/^%2f/iu.test(given) ? decodeURIComponent(given) : given);
  } catch {
    return '/';
  }
}

function fromThisSite(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function loginPage(known: ReadonlyMap<string, Person>, target: string, current?: Person): string {
  const cards = [...known.values()].map(
    (person) => html`
<li class="card">
  <form method="post" action="/sso/login">
    <input type="hidden" name="person" value="${person.subject}">
    <input type="hidden" name="return_to" value="${target}">
    <h2>${person.name} <small>${person.subject}</small></h2>
    <p>${person.hint}</p>
    <label for="groups-${person.subject}">Groups, comma-separated</label>
    <input id="groups-${person.subject}" name="groups" value="${person.groups.join(', ')}" autocomplete="off" spellcheck="false">
    <button>Log in as ${person.subject}</button>
  </form>
</li>`,
  );
  return page({
    title: 'Log in · stand-in portal',
    styles: '/sso/styles.css',
    body: html`
<main>
  <h1>Pick a person</h1>
  <p>This page replaces a real login portal such as Authelia. It asks for no password: pick a person, and the proxy
  tells the app who you are and which groups you are in.</p>
  ${current && html`<p class="note">You are logged in as <strong>${current.subject}</strong>. <a href="/sso/logout">Log out of the portal</a></p>`}
  <ul class="cards">${cards}</ul>
</main>`,
  });
}
