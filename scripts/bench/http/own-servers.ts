// The servers that need only the packages of this repository.
import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { memoryDirectory, memoryState, migrate, postgresDirectory, redisState } from '../../../src/index.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import type { SessionMode } from '../../../src/vocabulary/words.js';
import { benchLatchkey, latchkeyHost, paths, plainHost, signing } from '../hosts.js';
import { addPeople } from '../people.js';
import { bearerRequest } from '../requests.js';
import type { BuildServer, ServerParts } from './server-parts.js';

declare module 'express-session' {
  interface SessionData {
    subject?: string | undefined;
  }
}

/** The number of people whose requests are sent in turns. */
export const peopleCount = 20;

/** The app without Latchkey that gets the requests of all variants. */
export const noOp: BuildServer = async ({ app }) => {
  plainHost(benchLatchkey({ directory: memoryDirectory(), state: memoryState() }), app);
  return async () => [];
};

async function mountLatchkey({ app, pool, redis }: ServerParts, session: SessionMode): Promise<Directory> {
  await migrate(pool);
  const directory = postgresDirectory(pool);
  latchkeyHost(benchLatchkey({ directory, state: redisState(redis), session }), app);
  return directory;
}

/** Latchkey with header login, and without a session. */
export const headerLogin: BuildServer = async (parts) => {
  await mountLatchkey(parts, 'none');
  return parts.headerRequests;
};

/** Latchkey with the tokens of paired apps. */
export const bearerLogin: BuildServer = async (parts) => {
  const directory = await mountLatchkey(parts, 'none');
  return async () => {
    const people = await addPeople(directory, peopleCount);
    return people.map(({ token }) => bearerRequest(paths.unguarded, token));
  };
};

/** Latchkey with header login and the session mode `every-request`. */
export const everyRequest: BuildServer = async (parts) => {
  parts.app.use(parts.sessionMiddleware());
  await mountLatchkey(parts, 'every-request');
  // A header login alone starts no session. A host that stores something in the session starts one.
  parts.app.get('/login', (req, res) => {
    req.session.subject = req.principal?.subject;
    res.end();
  });
  return () => parts.withCookies('/login', parts.headerRequests());
};

/** express-session with connect-redis alone. */
export const sessionAlone: BuildServer = async ({ app, path, respond, ...parts }) => {
  app.use(parts.sessionMiddleware());
  app.get('/login', (req, res) => {
    req.session.subject = req.get('remote-user');
    res.end();
  });
  app.get(path, (req, res) => {
    if (req.session.subject === undefined) return void res.sendStatus(401);
    respond(res, true);
  });
  return () => parts.withCookies('/login', parts.headerRequests());
};

/** jsonwebtoken, which verifies the token of each request. */
export const jsonWebToken: BuildServer = async ({ app, path, respond, each }) => {
  const key = createSecretKey(Buffer.from(signing.key.secret));
  const { issuer } = signing;
  app.get(path, (req, res) => {
    const { sub } = jwt.verify(req.get('authorization')?.slice('Bearer '.length) ?? '', key, {
      algorithms: ['HS256'],
      issuer,
    });
    respond(res, sub !== undefined);
  });
  return () =>
    each(async (subject) => {
      const token = jwt.sign({ roles: ['listener'] }, key, { subject, issuer, expiresIn: '1d' });
      return ['Authorization', `Bearer ${token}`];
    });
};
