// test/e2e: a stand-in for the login servers. It answers the proxy's question whose cookie this is.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closed, listening } from './listening.js';

/** The login server whose answers are imitated. */
export type LoginServerKind = 'oauth2-proxy' | 'authelia-auth-request' | 'authelia-forward-auth';

/** A running stand-in. */
export interface LoginServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** The users, by the value of the cookie `login`. */
export const people: Readonly<Record<string, { readonly email: string; readonly groups: readonly string[] }>> = {
  alice: { email: 'alice@example.com', groups: ['admins', 'staff'] },
  bob: { email: 'bob@example.com', groups: [] },
};

/** The path that the proxy asks, and the names of the headers for subject, groups, name and email. */
const kinds: Readonly<Record<LoginServerKind, { question: string; names: readonly [string, string, string, string] }>> =
  {
    'oauth2-proxy': {
      question: '/oauth2/auth',
      names: [
        'X-Auth-Request-User',
        'X-Auth-Request-Groups',
        'X-Auth-Request-Preferred-Username',
        'X-Auth-Request-Email',
      ],
    },
    'authelia-auth-request': {
      question: '/api/authz/auth-request',
      names: ['Remote-User', 'Remote-Groups', 'Remote-Name', 'Remote-Email'],
    },
    'authelia-forward-auth': {
      question: '/api/authz/forward-auth',
      names: ['Remote-User', 'Remote-Groups', 'Remote-Name', 'Remote-Email'],
    },
  };

/** Where Authelia redirects users who are not logged in. */
export const portal = 'https://auth.example.com/';

/** Starts the stand-in. `omitEmpty`: omit headers without a value, as oauth2-proxy does and Authelia does not. */
export async function startLoginServer(
  kind: LoginServerKind,
  omitEmpty: boolean = kind === 'oauth2-proxy',
): Promise<LoginServer> {
  const { question, names } = kinds[kind];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url !== question) {
      response.end('<title>Sign in</title>');
      return;
    }
    const login = /(?:^|; )login=(\w+)/u.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const person = people[login];
    if (person === undefined) {
      if (kind !== 'oauth2-proxy') response.setHeader('Location', portal);
      response.writeHead(kind === 'authelia-forward-auth' ? 302 : 401).end();
      return;
    }
    const values = [login, person.groups.join(','), `${login}, in person`, person.email];
    for (const [index, name] of names.entries()) {
      const value = values[index] ?? '';
      if (value !== '' || !omitEmpty) response.setHeader(name, value);
    }
    response.writeHead(kind === 'oauth2-proxy' ? 202 : 200).end();
  };
  const server = createServer(answer);
  return { port: await listening(server), stop: () => closed(server) };
}
