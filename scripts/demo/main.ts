// `npm start`: starts the demo and prints what to try. With --tour it tries everything itself.

import type { AccessLine } from './app.js';
import { complaint } from './complaint.js';
import { lockFolder } from './data-folder.js';
import { startDemoServers } from './demo-servers.js';
import { keptSecrets } from './secrets.js';
import { adminSubject, portFrom } from './settings.js';
import { tour } from './tour.js';

const dataFolder = '.demo-data';

const usage = `npm start              starts the demo
npm start -- --tour    runs all steps in the terminal, over real HTTP, and ends

PORT, APP_PORT, PHONE_PORT   the ports of the proxy (8080), the app (3000) and the phone (8081)
DATABASE_URL                 a PostgreSQL server instead of PGlite in ${dataFolder}
REDIS_URL                    a Redis server instead of this process' memory`;

function complain(error: unknown): void {
  console.error(complaint(error));
}

function accessLine({ method, path, status, principal, cost }: AccessLine): string {
  const who = principal ?? 'nobody';
  return `${method} ${path} → ${status}  ${who}  ${cost.sql} SQL, ${cost.state} state commands`;
}

async function start(): Promise<void> {
  const unlock = await lockFolder(dataFolder);
  const secrets = await keptSecrets(dataFolder);
  const everything = await startDemoServers({
    secrets,
    ports: {
      proxy: portFrom(process.env, 'PORT', 8080),
      app: portFrom(process.env, 'APP_PORT', 3000),
      phone: portFrom(process.env, 'PHONE_PORT', 8081),
    },
    dataFolder: `${dataFolder}/pglite`,
    databaseUrl: process.env['DATABASE_URL'] || undefined,
    redisUrl: process.env['REDIS_URL'] || undefined,
    onError: complain,
    onEvent: (event) => console.log(`  event ${JSON.stringify(event)}`),
    onAccess: (line) => console.log(accessLine(line)),
  });
  const { proxyUrl, appUrl, phoneUrl, moved, backing } = everything;

  console.log(`Latchkey's demo is running with ${backing.description}.
${moved.map((part) => `  The ${part}’s port was busy, so it uses another one.\n`).join('')}
  through the proxy   ${proxyUrl}
  the stand-in phone  ${phoneUrl}
  past the proxy      ${appUrl}

To try:
  1. Open ${proxyUrl} and pick a person. The page says which roles you have, and why.
  2. Load it again: it needs neither the database nor the shared state.
  3. "Log in as another user", change the groups, log in again: the roles change, too.
  4. Connect a phone: type the code into ${phoneUrl}, or open the link on this machine. Then revoke it.
  5. Forge a header past the proxy: curl -i -H 'Remote-User: alice' ${appUrl}
  6. Log in as the local administrator at ${appUrl}/local/login
     user ${adminSubject}, password ${secrets.adminPassword}
     and change a mapping or disable a user at ${appUrl}/auth/admin

Ctrl-C ends it. Data and secrets stay in ${dataFolder}; remove the folder to start over.
`);

  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      everything.close().then(unlock).catch(complain);
    });
  }
}

const [wanted] = process.argv.slice(2);
if (wanted === undefined) {
  await start().catch((error: unknown) => {
    complain(error);
    // Servers may listen already.
    process.exit(1);
  });
} else if (wanted === '--tour') {
  process.exitCode = (await tour((line) => console.log(line))) ? 0 : 1;
} else {
  console.log(usage);
  process.exitCode = wanted === '--help' ? 0 : 2;
}
