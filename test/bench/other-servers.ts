// Servers whose responses differ from those of the benchmark.
import type { BuildServer } from '../../scripts/bench/http/server-parts.js';

/** Sends another body than the other servers. */
export const otherBody: BuildServer = async ({ app, path, respond, headerRequests }) => {
  app.get(path, (_req, res) => respond(res, false));
  return headerRequests;
};

/** Sends one header more than the other servers. */
export const oneHeaderMore: BuildServer = async ({ app, path, respond, headerRequests }) => {
  app.get(path, (_req, res) => {
    res.setHeader('Set-Cookie', 'one=more');
    respond(res, true);
  });
  return headerRequests;
};

/** Sends one statement to Postgres for each request. */
export const oneStatement: BuildServer = async ({ app, path, pool, respond, headerRequests }) => {
  app.get(path, async (_req, res) => {
    await pool.query('SELECT 1');
    respond(res, true);
  });
  return headerRequests;
};
