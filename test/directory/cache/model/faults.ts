// Scenarios that fail if a rule is followed only literally.
import { outageToleranceSeconds, type Stage, times } from './stage.js';

/** A beat is sent before the join was confirmed, and answered after the confirmation and a restore. */
export async function answeredOnceJoined(stage: Stage): Promise<void> {
  await stage.settle('A');
  const backup = stage.database.data();
  stage.notices = false;
  // A does not read the join of B, so B waits for A.
  stage.process('A').link.set('silent');
  const b = stage.start('B');
  await stage.run(50);
  await stage.warm('B');
  const answer = b.link.hold('beat', 'answer');
  await stage.run(1100);
  const listing = b.link.hold('instances', 'request');
  await stage.run(100);
  stage.database.restore(backup);
  stage.process('A').link.set('up');
  await stage.run(20);
  // As many rows as before: by the numbers alone, A would know of B.
  for (const role of ['r1', 'r2']) await stage.finish(stage.grant('A', role).done);
  await stage.run(20);
  listing();
  await stage.run(20);
  b.link.set('silent');
  answer();
  await stage.run(20);
}

/** A beat waits in the database until another process stops waiting for it, and is carried out after a restore. */
export async function carriedOutLate(stage: Stage): Promise<void> {
  await stage.settle('A');
  const backup = stage.database.data();
  stage.notices = false;
  const a = stage.process('A').link;
  const answer = a.hold('beat', 'answer');
  await stage.run(1500);
  const request = a.hold('beat', 'request');
  stage.start('B');
  await stage.run(4000);
  answer();
  await stage.run(times.wait - 3500);
  await stage.warm('B');
  await stage.look('B');
  stage.database.restore(backup);
  request();
  await stage.run(20);
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(10);
}

/** The computer of A sleeps, and its monotonic clock stops, while B joins. Then an older copy is restored. */
export async function sleptBeforeRestore(stage: Stage): Promise<void> {
  await stage.settle('A');
  const backup = stage.database.data();
  stage.notices = false;
  stage.process('A').host.suspend();
  await stage.settle('B');
  await stage.look('B');
  stage.database.restore(backup);
  stage.process('A').host.resume();
  await stage.run(20);
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(10);
}

/** The author of a change is cut off before it sees a process with a longer reliance than its own. */
export async function relyingLonger(stage: Stage): Promise<void> {
  await stage.settle('A');
  stage.start('B', { outageToleranceSeconds: 3 * outageToleranceSeconds });
  await stage.run(3 * times.wait);
  await stage.warm('B');
  stage.process('B').link.set('silent');
  const { call, done } = stage.change('A', 'revokes', ({ administration }) =>
    administration.devices.revokeAll('alice'),
  );
  await stage.simulation.until(() => call.executed, 100);
  await stage.run(1.5);
  stage.process('A').link.set('cut');
  await stage.finish(done);
  await stage.run(10);
}

/** A process removes a user and is killed. Another process creates the user again. */
export async function madeAgain(stage: Stage): Promise<void> {
  await stage.settle('A', 'B', 'C');
  stage.notices = false;
  const { call } = stage.change('A', 'removes bob', ({ administration }) => administration.users.delete('bob'));
  await stage.simulation.until(() => call.executed, 100);
  stage.kill('A');
  await stage.run(1);
  await stage.make('C', 'makes bob again', ({ administration }) =>
    administration.users.create({ subject: 'bob', authMethod: 'proxy' }),
  );
  await stage.run(10);
}

/** A process that lags behind is seen at one beat, and reaches the same beat number again after a restore. */
export async function beatComesAgain(stage: Stage): Promise<void> {
  await stage.settle('C', 'B', 'A');
  const [b, c] = [stage.process('B').link, stage.process('C').link];
  const idOfB = [...stage.database.data().instances.keys()][1] ?? '';
  const beat = () => stage.database.data().instances.get(idOfB)?.beat ?? 0;
  const backup = stage.database.data();
  const before = beat();
  stage.notices = false;
  await stage.simulation.until(() => beat() === before + 2, 5000);
  for (const link of [b, c]) link.set('silent');
  stage.grant('A', 'r1');
  const seen = stage.simulation.now();
  await stage.run(100);
  stage.database.restore(backup);
  // It leaves, but what it was about to do is still done.
  void stage.process('A').resolver.close();
  await stage.run(10);
  for (const link of [b, c]) link.set('up');
  await stage.simulation.until(() => beat() === before + 1, 3000);
  const answer = b.hold('beat', 'answer');
  await stage.run(seen + times.wait + 50 - stage.simulation.now());
  b.set('silent');
  answer();
  await stage.finish(stage.grant('C', 'r2').done);
  await stage.run(10);
}
