// passport with passport-trusted-header, as their readmes set them up: each request logs in, or a session remembers it.
import passport from 'passport';
import { Strategy } from 'passport-trusted-header';

const name = 'remote-user';

function configured() {
  const authenticator = new passport.Passport();
  authenticator.use(
    new Strategy({ headers: [name] }, (headers, done) => done(null, { subject: headers[name], roles: ['listener'] })),
  );
  authenticator.serializeUser((user, done) => process.nextTick(() => done(null, user)));
  authenticator.deserializeUser((user, done) => process.nextTick(() => done(null, user)));
  return authenticator;
}

/** Every request logs in by its header, and there is no session. */
export async function withoutSession({ app, path, respond, headerRequests }) {
  const authenticator = configured();
  app.use(authenticator.authenticate('trusted-header', { session: false }));
  app.get(path, (req, res) => respond(res, req.user.subject !== undefined));
  return headerRequests;
}

/** The first request logs in by its header. Later requests get the user from the session in Redis. */
export async function withSession({ app, path, respond, headerRequests, sessionMiddleware, withCookies }) {
  const authenticator = configured();
  app.use(sessionMiddleware());
  app.use(authenticator.session());
  app.get('/login', authenticator.authenticate('trusted-header'), (_req, res) => res.end());
  app.get(path, (req, res, next) => (req.isAuthenticated() ? next() : res.sendStatus(401)));
  app.get(path, (req, res) => respond(res, req.user.subject !== undefined));
  return () => withCookies('/login', headerRequests());
}
