// better-auth with Postgres, as its documentation for Express sets it up.
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { bearer } from 'better-auth/plugins';

async function configured({ app, pool, origin }, further) {
  const options = {
    baseURL: origin,
    secret: 'a secret of the benchmarks, of 32 bytes or more',
    database: pool,
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    ...further,
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const auth = betterAuth(options);
  app.all('/api/auth/*splat', toNodeHandler(auth));
  return auth;
}

function sessionRoute({ app, path, respond }, auth) {
  app.get(path, async (req, res) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
    if (session === null) return void res.sendStatus(401);
    respond(res, session.user.id !== undefined);
  });
}

function signUp(auth, subject) {
  const body = { email: `${subject}@example.com`, password: 'a password of a benchmark', name: subject };
  return auth.api.signUpEmail({ body, returnHeaders: true });
}

function cookiesOf(headers) {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

async function withSession(server, options) {
  const auth = await configured(server, options);
  sessionRoute(server, auth);
  return () => server.each(async (subject) => ['Cookie', cookiesOf((await signUp(auth, subject)).headers)]);
}

/** A session cookie, whose session each request reads from the database. */
export function session(server) {
  return withSession(server, {});
}

/** A session cookie, beside a cookie that caches the session. By default this cookie would expire during the run. */
export function cookieCache(server) {
  return withSession(server, { session: { cookieCache: { enabled: true, maxAge: 3600 } } });
}

/** The session's token as a bearer token. */
export async function bearerToken(server) {
  const auth = await configured(server, { plugins: [bearer()] });
  sessionRoute(server, auth);
  return () =>
    server.each(async (subject) => {
      const { headers } = await signUp(auth, subject);
      return ['Authorization', `Bearer ${headers.get('set-auth-token')}`];
    });
}

/** An API key without a rate limit. */
export async function apiKeys(server) {
  const auth = await configured(server, { plugins: [apiKey({ rateLimit: { enabled: false } })] });
  const { app, path, respond } = server;
  app.get(path, async (req, res) => {
    const { valid } = await auth.api.verifyApiKey({ body: { key: req.headers['x-api-key'] } });
    if (!valid) return void res.sendStatus(401);
    respond(res, valid);
  });
  return () =>
    server.each(async (subject) => {
      const { user } = (await signUp(auth, subject)).response;
      const { key } = await auth.api.createApiKey({ body: { userId: user.id, name: 'bench' } });
      return ['X-Api-Key', key];
    });
}
