// Runs one part of the demo as a separate process, configured by its environment: app, login or phone.
import { demoApp } from './app.js';
import { openBacking } from './backing.js';
import { complaint } from './complaint.js';
import { loginPortal } from './login-portal.js';
import { servePhone } from './phone.js';
import { type Listening, listen } from './serving.js';
import { appSettings, portFrom, required } from './settings.js';

type Closing = () => Promise<void>;

const environment = process.env;
const host = environment['HOST'] ?? '127.0.0.1';

function complain(error: unknown): void {
  console.error(complaint(error));
}

async function serveApp(): Promise<[Listening, Closing]> {
  const settings = appSettings(environment);
  const backing = await openBacking({
    databaseUrl: required(environment, 'DATABASE_URL'),
    redisUrl: required(environment, 'REDIS_URL'),
    onError: complain,
  });
  const { app, close } = await demoApp({
    settings,
    backing,
    onEvent: (event) => console.log(JSON.stringify(event)),
  });
  const listening = await listen(portFrom(environment, 'PORT', 3000), host, true);
  listening.server.on('request', app);
  const closing = async (): Promise<void> => {
    await close();
    await backing.close();
  };
  return [listening, closing];
}

async function serveLogin(): Promise<[Listening, Closing]> {
  const portal = loginPortal(required(environment, 'PORTAL_SECRET'));
  const listening = await listen(portFrom(environment, 'PORT', 3100), host, true);
  listening.server.on('request', (request, response) => {
    portal.serve(request, response).catch((error: unknown) => {
      complain(error);
      response.destroy();
    });
  });
  return [listening, async () => {}];
}

async function serveStandInPhone(): Promise<[Listening, Closing]> {
  const publicUrl = required(environment, 'PUBLIC_URL');
  const listening = await listen(portFrom(environment, 'PORT', 8081), host, true);
  servePhone(listening.server, {
    issuer: `${publicUrl}/api/auth`,
    serverUrl: environment['SERVER_URL'] ?? publicUrl,
  });
  return [listening, async () => {}];
}

const parts: Readonly<Record<string, () => Promise<[Listening, Closing]>>> = {
  app: serveApp,
  login: serveLogin,
  phone: serveStandInPhone,
};

const name = process.argv[2] ?? '';
const part = parts[name];
if (part === undefined) {
  console.error(`Usage: node serve.js ${Object.keys(parts).join('|')}`);
  process.exitCode = 2;
} else {
  try {
    const [listening, closing] = await part();
    console.log(`${name} is listening on http://${host}:${listening.port}`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        listening.close().then(closing).catch(complain);
      });
    }
  } catch (error) {
    complain(error);
    // Open connections must not keep the process running. Its supervisor starts it again.
    process.exit(1);
  }
}
