// test/e2e: the configurations that docs/proxies.md shows, with this machine's addresses in them.
import { readFileSync } from 'node:fs';

/** Addresses, and the proxy secret. */
export interface Places {
  /** The address that the proxy listens on. */
  readonly listen: string;
  /** `host:port` of the app. */
  readonly app: string;
  /** `host:port` of the login server. */
  readonly login: string;
  readonly secret: string;
}

// This module runs from dist/test/e2e/proxies.
const page = readFileSync(new URL('../../../../docs/proxies.md', import.meta.url), 'utf8');

/** nginx' `http` block with the page's configuration for oauth2-proxy. */
export function nginxForOauth2Proxy(places: Places): string {
  return nginx(`${fence('nginx', 'location /api/')}\n${metadataLocation()}`, places);
}

/** The same, with the API for browsers and apps. */
export function nginxForSharedPaths(places: Places): string {
  const whole = fence('nginx', 'location /api/');
  const rest = whole.slice(whole.indexOf('location / {'));
  return nginx(`${fence('nginx', "# the app's API, shared")}\n${rest}\n${metadataLocation()}`, places);
}

/** The same as for oauth2-proxy, with the changes that the page describes for Authelia. */
export function nginxForAuthelia(places: Places): string {
  const whole = fence('nginx', 'location /api/');
  const kept = whole.slice(0, whole.indexOf('location = /oauth2/auth'));
  const names = [
    ['X-Auth-Request-User', 'Remote-User'],
    ['X-Auth-Request-Email', 'Remote-Email'],
    ['X-Auth-Request-Groups', 'Remote-Groups'],
    ['X-Auth-Request-Preferred-Username', 'Remote-Name'],
  ] as const;
  let text = replaced(kept, 'auth_request /oauth2/auth;\n  error_page 401 = @login;', fence('nginx', 'auth_request '));
  text = `${text}\n${metadataLocation()}`;
  for (const [shownName, name] of names) {
    text = replaced(text, `proxy_set_header ${shownName} `, `proxy_set_header ${name} `);
    text = replaced(text, `$upstream_http_${variable(shownName)};`, `$upstream_http_${variable(name)};`);
  }
  return nginx(`${fence('nginx', 'location = /authelia')}\n${text}`, places);
}

/** The Caddyfile that the page shows, for Authelia. */
export function caddyForAuthelia({ listen, app, login, secret }: Places): string {
  let text = fence('caddyfile', 'music.example.com');
  text = replaced(text, 'not path /api/*', shown(/`(not path \/api\/\* \/\.well-known\/\S+)`/u));
  text = replaced(text, 'music.example.com', listen);
  text = replaced(text, 'authelia:9091', login);
  text = replaced(text, 'app:3000', app);
  return replaced(text, 'the secret', secret);
}

function metadataLocation(): string {
  return fence('nginx', 'location = /.well-known/');
}

function nginx(locations: string, { listen, app, login, secret }: Places): string {
  const text = replaced(locations, 'the secret', secret).replace(/(?:oauth2-proxy:4180|authelia:9091)/gu, login);
  return `upstream app { server ${app}; }\nserver {\n  listen ${listen};\n${text}\n}`;
}

function variable(header: string): string {
  return header.toLowerCase().replaceAll('-', '_');
}

/** The code block in this language that begins with this text. */
function fence(language: string, beginning: string): string {
  const fences = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gmsu)].filter(
    ([, name, text]) => name === language && text?.startsWith(beginning),
  );
  const text = fences[0]?.[2];
  if (fences.length !== 1 || text === undefined) {
    throw new Error(`docs/proxies.md has ${fences.length} ${language} fences that begin with "${beginning}"`);
  }
  return text;
}

/** A value that the page gives in a sentence. */
function shown(pattern: RegExp): string {
  const text = pattern.exec(page)?.[1];
  if (text === undefined) throw new Error(`docs/proxies.md says nothing like ${pattern}`);
  return text;
}

/** Replaces every occurrence. Throws if there is none, because then the page has changed. */
function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`docs/proxies.md no longer says "${from}" there`);
  return text.replaceAll(from, () => to);
}
