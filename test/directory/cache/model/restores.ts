// Short scenarios in which the database is restored from a copy. Each needs one rule of the coherence.
import type { Scenario } from './scenarios.js';
import { peopledData, times } from './stage.js';

const latest = (_name: string, _key: string, values: readonly string[]): string | undefined => values.at(-1);

/** The database is restored from a copy that was made before a change. */
export const restored: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  const backup = stage.database.data();
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.warm('B');
  stage.database.restore(backup);
  await stage.run(3 * times.wait);
};

/** The database is restored from a copy without B, and C starts on it before B reads the journal again. */
export const startsAfterRestore: Scenario = async (stage) => {
  await stage.settle('B');
  stage.notices = false;
  await stage.look('B');
  stage.database.restore(peopledData());
  stage.start('C');
  await stage.run(50);
  await stage.finish(stage.grant('C', 'r1').done);
  await stage.run(10);
};

/** While A cannot reach the database, B joins. Then an older copy is restored, and A reaches the database again. */
export const lapsedBeforeRestore: Scenario = async (stage) => {
  await stage.settle('A');
  const backup = stage.database.data();
  stage.process('A').link.set('silent');
  await stage.settle('B');
  stage.notices = false;
  await stage.look('B');
  stage.database.restore(backup);
  stage.process('A').link.set('up');
  await stage.run(20);
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(10);
};

/** B has joined and A does not know it. Then an older copy is restored. */
export const joinedBeforeRestore: Scenario = async (stage) => {
  await stage.settle('A');
  const backup = stage.database.data();
  stage.notices = false;
  stage.process('A').link.set('silent');
  stage.start('B');
  await stage.run(20);
  await stage.warm('B');
  stage.database.restore(backup);
  stage.process('A').link.set('up');
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(10);
};

/** A restore undoes a mapping while B still uses it, and another mapping replaces it. */
export const mappingUndone: Scenario = async (stage) => {
  for (const name of ['A', 'B']) stage.start(name);
  await stage.run(2 * times.wait);
  const backup = stage.database.data();
  const map = (role: string) =>
    stage.make('A', `maps staff to ${role}`, ({ administration }) => administration.mappings.set('staff', [role]));
  await map('m1');
  await stage.ask('B', { subject: 'alice' });
  stage.database.restore(backup);
  await stage.ask('B', { subject: 'bob' });
  await stage.run(3 * times.wait);
  await map('m2');
  stage.memory = (_name, key, values) => (key === 'u:bob' ? values[0] : undefined);
  await stage.ask('A', { subject: 'bob' });
  await stage.run(10);
};

/** Only the tables are restored, and an administrator invalidates everything. */
export const tablesRestored: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  const backup = stage.database.data();
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.warm('B');
  stage.database.restoreTables(backup);
  await stage.make('A', 'invalidates all', ({ administration }) => administration.invalidateAll());
  stage.memory = latest;
  await stage.ask('B', { subject: 'alice' });
  await stage.run(10);
};

/**
 * The database is restored from a copy that has the rows of all processes, which must join again. Then a change is
 * made.
 */
export const joinsAgain: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  const backup = stage.database.data();
  await stage.finish(stage.grant('A', 'r1').done);
  stage.database.restore(backup);
  await stage.run(3 * times.heartbeat);
  let returned = false;
  void stage.grant('A', 'r2').done.then(() => {
    returned = true;
  });
  await stage.run(times.heartbeat);
  if (!returned) stage.violate('A waits for somebody who is not there');
};
