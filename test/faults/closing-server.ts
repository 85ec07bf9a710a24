// A server that shuts down at SIGTERM as docs/start-and-stop.md says, and never calls process.exit. At its end, it
// prints what it has observed.
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';
import pg from 'pg';
import { latchkey, postgresDirectory, principalOf, redisState } from '../../src/index.js';
import { type Closed, type ClosingSettings, closedMark } from './closing-report.js';

const settings = JSON.parse(process.env['LATCHKEY_CLOSING'] ?? '{}') as ClosingSettings;
const host = '127.0.0.1';
const received: string[] = [];
const complaints: string[] = [];
const complain = (error: unknown): void => void complaints.push(String(error));

process.on('warning', ({ name, message }) => complain(`${name}: ${message}`));
const pool = new pg.Pool({ host, ...settings.postgres, user: 'postgres', max: 10, query_timeout: 20_000 });
pool.on('error', complain);
const redis = new Redis(settings.redis, host);
redis.on('error', complain);

const auth = latchkey({
  trustedProxies: [host],
  headers: 'authelia',
  directory: postgresDirectory(pool),
  // The load of this test is more than the computer can do at once.
  state: redisState(redis, { commandTimeoutSeconds: 20 }),
  unguardedPaths: ['/api'],
  tokens: {
    keys: [{ kid: 'one', secret: 'a secret of this test, of at least 32 bytes' }],
    issuer: `http://${host}:${settings.port}/api/auth`,
    maximumDevices: 1000,
  },
  quickConnect: {
    appLink: 'https://music.example.com/link',
    limits: { redemptionsPerAddress: 5000, wrongCodesInAll: 10_000, pairingsPerUser: 1000 },
  },
  groupRoles: { staff: ['reader'] },
  session: 'every-request',
  onEvent(event) {
    if (event.type === 'error' || /lost$/.test(event.type)) complain(JSON.stringify(event));
  },
});

const app = express();
app.use((req, _res, next) => {
  received.push(String(req.headers['x-id']));
  next();
});
app.use(
  session({
    store: new RedisStore({ client: redis }),
    secret: 'a secret of this test',
    resave: false,
    saveUninitialized: false,
  }),
);
app.use(auth.authenticate);
app.use('/auth', auth.router);
app.use('/api/auth', auth.tokenRouter);
app.get(['/who', '/api/who'], auth.requireLogin(), (req, res) => {
  const { subject, method, roles } = principalOf(req) ?? {};
  if (req.session !== undefined) Object.assign(req.session, { seen: true });
  res.json({ subject, method, roles: [...(roles ?? [])] });
});
app.post('/grant/:subject/:role', async (req, res) => {
  const { subject, role } = req.params;
  const { grantedRoles } = await auth.users.addRoles(subject, [role]);
  res.json({ granted: grantedRoles.includes(role) });
});
app.use(auth.problems);

const server = app.listen(settings.port, host);
process.once('SIGTERM', async () => {
  try {
    await auth.close({ server });
    await redis.quit();
    await pool.end();
  } catch (error) {
    complain(error);
  }
});
// Node emits this event only when nothing keeps the process running any more.
process.once('beforeExit', () => {
  process.stdout.write(`${closedMark}${JSON.stringify({ received, complaints } satisfies Closed)}\n`);
});
