// Signs in at one server, uses the session at all of them, signs out, and tries the cookie again.
import { setTimeout as pause } from 'node:timers/promises';
import { visitor } from '../demo/visitor.js';
import type { Asking } from './mix.js';
import { viewIn } from './people.js';
import type { Verdict } from './record.js';
import type { Server } from './site.js';
import { localUser } from './truth.js';

/** How often a session is used before its user signs out. */
const uses = 8;

/** Repeats this until the run ends. */
export async function askingSessions(asking: Asking, server: Server): Promise<void> {
  while (asking.goesOn()) {
    const madeAt = performance.now();
    const jar = await signIn(asking, server);
    if (jar === undefined) continue;
    // Whether a sign-out has begun. From then on, the session may already have ended.
    let ending = false;
    let here = true;
    for (let use = 0; use < uses && here && asking.goesOn(); use += 1) {
      here = await everywhere(asking, 'use', jar, (view) => {
        if (view === localUser.roles || (ending && view === 'nobody')) return 'right';
        return view === 'nobody' && madeAt < asking.conditions.lostBefore ? 'signed-out' : 'wrong';
      });
      await pause(50);
    }
    ending = true;
    while (here && asking.goesOn()) {
      if (await signOut(asking, server, jar)) {
        // After the sign-out, no server may accept the cookie.
        await everywhere(asking, 'use after the sign-out', jar, (view) => (view === 'nobody' ? 'right' : 'wrong'));
        here = false;
      }
      await pause(50);
    }
  }
}

async function signIn(asking: Asking, server: Server): Promise<Map<string, string> | undefined> {
  const jar = new Map<string, string>();
  const answer = await asking.observe({
    question: 'session',
    server,
    what: 'sign in',
    send: () => visitor(server.url, jar).send('POST', `/local/login/${localUser.subject}`),
    judge: ({ status }) => (status === 204 && jar.size > 0 ? 'right' : 'wrong'),
  });
  if (answer === undefined) await pause(100);
  return answer && jar;
}

async function signOut(asking: Asking, server: Server, jar: ReadonlyMap<string, string>): Promise<boolean> {
  const answer = await asking.observe({
    question: 'session',
    server,
    what: 'sign out',
    send: () => visitor(server.url, new Map(jar)).send('POST', '/local/logout'),
    judge: ({ status }) => (status === 204 ? 'right' : 'wrong'),
  });
  return answer !== undefined;
}

/** Uses the cookie at every server. Resolves with whether the session still exists. */
async function everywhere(
  asking: Asking,
  what: string,
  jar: ReadonlyMap<string, string>,
  judge: (view: string) => Verdict,
): Promise<boolean> {
  let here = true;
  const asked = asking.site.servers.map((server) =>
    asking.observe({
      question: 'session',
      server,
      what,
      send: () => visitor(server.url, new Map(jar)).get('/auth/me'),
      judge(answer) {
        const verdict = judge(viewIn(answer));
        if (verdict === 'signed-out') here = false;
        return verdict;
      },
    }),
  );
  // A server that does not answer must not stop this loop from using the others.
  await Promise.race([Promise.all(asked), pause(1000)]);
  return here;
}
