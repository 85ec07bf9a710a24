// Our own servers with their own users (`fixtures/`), in which `npm run test:products` mounts Latchkey.
import type { Answer, Ask } from '../../test/http/client.js';

/** The page in docs with the code that mounts Latchkey in these servers. */
export const ownUsersPage = 'products/own-users.md';

/** A server with its own users table, in which one account exists: `admin`. */
export interface OwnUsersServer {
  /** Also its heading in docs/products/own-users.md. */
  readonly name: string;
  readonly program: string;
  readonly packages: readonly string[];
  readonly stack: string;
  /** Whether Latchkey's login is kept in the server's session. */
  readonly sessions?: boolean;
  /** Whether the server's own login ignores the case of names. */
  readonly anyCase?: boolean;
  /** Whether a person can link the two accounts. */
  readonly current?: boolean;
  /** Whether users also log in over socket.io. */
  readonly sockets?: boolean;
  /** Returns what a client of the server's own login sends. */
  ownLogin(answer: Answer): Ask;
}

/** Clients of the server's own login send a cookie. */
export const ownCookie = ({ cookie }: Answer): Ask => ({ cookie });

export const ownUsersServers: readonly OwnUsersServer[] = [
  {
    name: 'audiobookshelf',
    program: 'audiobookshelf.cjs',
    // If GitHub cannot be reached, npm compiles sqlite3. `npm_config_nodedir=/usr` is where Debian has Node's headers.
    packages: ['express@4', 'sequelize@6', 'sqlite3', 'libsql', 'jsonwebtoken@9'],
    stack: 'Express 4, CommonJS, Sequelize',
    anyCase: true,
    ownLogin: ({ json }) => ({ token: String(json?.['token']) }),
  },
  {
    name: 'uptime-kuma',
    program: 'uptime-kuma.mjs',
    packages: ['express@4', 'knex', 'libsql', 'jsonwebtoken@9', 'socket.io'],
    stack: 'Express 4, knex, socket.io',
    current: true,
    sockets: true,
    ownLogin: ownCookie,
  },
  {
    name: 'seerr',
    program: 'seerr.mjs',
    packages: ['express@5', 'express-session', 'typeorm', 'reflect-metadata', 'libsql'],
    stack: 'Express 5, TypeORM, sessions',
    sessions: true,
    current: true,
    ownLogin: ownCookie,
  },
  {
    name: 'Actual',
    program: 'actual.mjs',
    packages: ['express@5', 'libsql'],
    stack: 'Express 5, better-sqlite3',
    current: true,
    ownLogin: ({ json }) => ({ headers: { 'X-Actual-Token': String(json?.['token']) } }),
  },
];

/** The second table of docs/products.md. */
export function ownUsersTable(passed: (name: string) => boolean = () => true): string {
  const rows = ownUsersServers.map(({ name, stack, sockets = false }) => {
    const cell = passed(name) ? 'yes' : 'no';
    const cells = [cell, cell, cell, cell, sockets ? cell : '–', cell].join(' | ');
    return `| [${name}](${ownUsersPage}#${name.toLowerCase()}) | ${stack} | ${cells} |`;
  });
  return [
    '| shape of | made of | off by default | one row per user | keeps local accounts | phone’s token on its API | WebSocket | logout |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
