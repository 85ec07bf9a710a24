// The tour: runs everything that the demo shows in the terminal, over real HTTP, and checks results and costs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaint } from './complaint.js';
import { startDemoServers } from './demo-servers.js';
import { freshSecrets } from './secrets.js';
import { type Counts, startJourney } from './tour-journey.js';
import { tourSteps } from './tour-steps.js';

/* A transaction gets a number at its first write, and each row keeps the number of the transaction that wrote it. */
const nextTransaction = 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS number';
/* Without `latchkey_instances`, where the process writes its heartbeat. */
const transactionsSince = `SELECT count(DISTINCT written) AS number FROM (
    SELECT xmin::text::bigint AS written FROM latchkey_users
    UNION ALL SELECT xmin::text::bigint FROM latchkey_devices
    UNION ALL SELECT xmin::text::bigint FROM latchkey_group_roles
    UNION ALL SELECT xmin::text::bigint FROM latchkey_journal
    UNION ALL SELECT xmin::text::bigint FROM latchkey_audit
  ) AS rows WHERE written >= $1::bigint`;

/** Runs all steps and prints each. Returns `false` after the first step that fails, and prints which one. */
export async function tour(print: (line: string) => void): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-tour-'));
  const secrets = freshSecrets();
  const everything = await startDemoServers({
    secrets,
    ports: { proxy: 0, app: 0, phone: 0 },
    dataFolder: join(folder, 'pglite'),
    redisUrl: process.env['REDIS_URL'] || undefined,
    onError: (error) => print(`     ! ${complaint(error)}`),
  });
  try {
    print(
      `A tour of Latchkey with ${everything.backing.description}. Each step is real HTTP on the loopback interface.`,
    );
    const numberFrom = async (statement: string, params: readonly unknown[] = []): Promise<number> => {
      const { rows } = await everything.backing.pool.query(statement, [...params]);
      return Number((rows as readonly { number: string }[])[0]?.number);
    };
    const journey = startJourney(everything, secrets);
    for (const [index, step] of tourSteps.entries()) {
      print(`\n${index + 1}. ${step.title}`);
      const before = { ...everything.demo.total };
      const first = await numberFrom(nextTransaction);
      try {
        for (const line of await step.run(journey)) print(`   ${line}`);
        const { sql, state } = everything.demo.total;
        const writes = await numberFrom(transactionsSince, [first]);
        const spent: Counts = { sql: sql - before.sql, state: state - before.state, writes };
        print(`   = ${describe(spent)}`);
        step.check?.(spent);
      } catch (error) {
        print(`   FAILED at step ${index + 1}, ${step.title}: ${complaint(error)}`);
        return false;
      }
    }
    print(`\nAll ${tourSteps.length} steps went as they should.`);
    return true;
  } finally {
    await everything.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function describe({ sql, writes, state }: Counts): string {
  if (sql + writes + state === 0) return 'no SQL statement and no command to the shared state: all from memory';
  const some = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  return [some(sql, 'SQL statement'), some(writes, 'write'), `${some(state, 'command')} to the shared state`].join(
    ', ',
  );
}
