// scripts/demo: the tour: everything the demo shows, in the terminal, over real HTTP, counted, and checked.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaint } from './complaint.js';
import { openNeighbourhood } from './neighbourhood.js';
import { freshSecrets } from './secrets.js';
import { type Counts, startJourney } from './tour-journey.js';
import { tourSteps } from './tour-steps.js';

/** Walks through all steps and prints each. `false`: one failed; it is named, and the rest is not tried. */
export async function tour(print: (line: string) => void): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-tour-'));
  const secrets = freshSecrets();
  const everything = await openNeighbourhood({
    secrets,
    ports: { proxy: 0, app: 0, phone: 0 },
    dataFolder: join(folder, 'pglite'),
    redisUrl: process.env['REDIS_URL'] || undefined,
    onError: (error) => print(`     ! ${complaint(error)}`),
  });
  try {
    print(
      `A tour of Latchkey, on ${everything.backing.description}: each step is real HTTP on the loopback interface.`,
    );
    const count = async (): Promise<Counts> => {
      // A transaction that writes takes a number, one that reads takes none: the difference is the writes.
      const { rows } = await everything.backing.pool.query(
        'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next',
      );
      const [row] = rows as readonly { next: string }[];
      return { ...everything.demo.total, writes: Number(row?.next) };
    };
    const journey = startJourney(everything, secrets);
    for (const [index, step] of tourSteps.entries()) {
      print(`\n${index + 1}. ${step.title}`);
      const before = await count();
      try {
        for (const line of await step.run(journey)) print(`   ${line}`);
        const spent = difference(before, await count());
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

function difference(before: Counts, after: Counts): Counts {
  return { sql: after.sql - before.sql, writes: after.writes - before.writes, state: after.state - before.state };
}

function describe({ sql, writes, state }: Counts): string {
  if (sql + writes + state === 0) return 'nothing was asked of the database or the shared state: all from memory';
  const some = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  return [some(sql, 'SQL statement'), some(writes, 'write'), `${some(state, 'command')} to the shared state`].join(
    ', ',
  );
}
