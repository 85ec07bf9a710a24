// Short scenarios, each of which needs one rule of the coherence.
import { configuredGroupRoles, groupsToRoles } from '../../../../src/directory/resolution/role-mapping.js';
import { idOf } from './data.js';
import { plantForeign } from './shared-state.js';
import { longestReliance, type Stage, subjects, times } from './stage.js';

/** The events up to the point at which an answer would be wrong without the rule. */
export type Scenario = (stage: Stage) => Promise<void>;

const oldest = (_name: string, _key: string, values: readonly string[]): string | undefined => values[0];
const noMapping = groupsToRoles([], configuredGroupRoles({})).hash;

/** A change is made, and no notice announces it. */
export const unheardChange: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  stage.notices = false;
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(10);
};

/** A login is ended everywhere, and no notice announces that. */
export const unheardEndOfLogin: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  stage.notices = false;
  const login = { subject: 'alice', userId: idOf('alice'), login: 'login-1' };
  await stage.make('A', 'ends a login of alice', ({ logins }) => logins.end(login, { everywhere: true }));
  await stage.run(10);
};

/** The author is killed as soon as its change is saved. */
export const authorKilled: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  const { call } = stage.grant('A', 'r1');
  await stage.simulation.until(() => call.executed, 100);
  stage.kill('A');
  await stage.run(longestReliance + 1500);
};

/** A login changes a row, and the process is killed before it answers. */
export const loginKilled: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  await stage.make('A', 'maps staff', ({ administration }) => administration.mappings.set('staff', ['m1']));
  await stage.warm('B');
  const groups = () => stage.database.data().users.get('alice')?.groups.join();
  void stage.read('A', { subject: 'alice', groups: ['guests'] });
  await stage.simulation.until(() => groups() === 'guests', 100);
  stage.kill('A');
  await stage.run(longestReliance + 1500);
};

/** Two transactions get their numbers in one order and commit in the other. */
export const commitsOvertake: Scenario = async (stage) => {
  await stage.settle('A', 'B', 'C');
  const release = stage.process('A').link.hold('commit', 'request');
  const slow = stage.grant('A', 'r1').done;
  await stage.run(10);
  await stage.make('C', 'grants bob r2', ({ administration }) => administration.users.addRoles('bob', ['r2']));
  release();
  await stage.finish(slow);
  await stage.run(10);
};

/** Redis is restored from an older copy, with the values from before the change. */
export const olderMemory: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  await stage.finish(stage.grant('A', 'r1').done);
  stage.memory = oldest;
  await stage.ask('B', { subject: 'alice' });
  await stage.run(10);
};

/** The same, and the author of the change is replaced by a new process with an empty cache. */
export const olderMemoryFreshProcess: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  await stage.make('A', 'revokes', ({ administration }) => administration.devices.revokeAll('alice'));
  stage.kill('A');
  stage.start('C');
  await stage.run(3 * times.wait);
  stage.memory = oldest;
  await stage.ask('C', { subject: 'alice', deviceId: 'phone' });
  await stage.run(10);
};

/** While the answer to B's read of a row is delayed, the row changes, and B learns of that first. */
export const overtakenReading: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  await stage.finish(stage.grant('A', 'r1').done);
  const release = stage.process('B').link.hold('findUser', 'answer');
  const reading = stage.read('B', { subject: 'alice' });
  await stage.run(10);
  await stage.finish(stage.grant('A', 'r2').done);
  release();
  await stage.finish(reading);
  await stage.run(10);
};

/** Two servers with separate databases share one Redis. */
export const foreignMemory: Scenario = async (stage) => {
  plantForeign(stage.state, subjects, [noMapping]);
  await stage.settle('A', 'B');
  await stage.finish(stage.grant('A', 'r1').done);
  const position = stage.database.data().rows.length - 1;
  stage.memory = (_name, _key, values) => values.find((value) => value.startsWith(`[${position},"foreign`));
  await stage.ask('B', { subject: 'alice' });
  await stage.run(10);
};

/** The same, but the other database has more rows. */
export const foreignMemoryAhead: Scenario = async (stage) => {
  plantForeign(stage.state, subjects, [noMapping]);
  await stage.settle('A', 'B');
  await stage.finish(stage.grant('A', 'r1').done);
  stage.memory = (_name, _key, values) => values.find((value) => value.startsWith('[39,"foreign'));
  await stage.ask('B', { subject: 'alice' });
  await stage.run(10);
};

/** B cannot reach the database. */
export const cutOff: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  stage.process('B').link.set('cut');
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(1000);
};

/** The answer to B's beat takes almost as long as the change. */
export const lateAnswer: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  const release = stage.process('B').link.hold('beat', 'answer');
  await stage.run(1100);
  const { done } = stage.grant('A', 'r1');
  await stage.run(times.wait - 100);
  stage.process('B').link.set('silent');
  release();
  await stage.finish(done);
  await stage.run(10);
};

/** B reads the new rows, and has not received the answer yet. */
export const answerUnderWay: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  stage.notices = false;
  const { call, done } = stage.grant('A', 'r1');
  await stage.simulation.until(() => call.executed, 100);
  const release = stage.process('B').link.hold('beat', 'answer');
  await stage.finish(done);
  await stage.run(10);
  release();
};

/** B reads the journal, and A makes a change before B is registered. */
export const registersLate: Scenario = async (stage) => {
  await stage.settle('A');
  const b = stage.start('B');
  const release = b.link.hold('register', 'request');
  await stage.run(10);
  stage.notices = false;
  const { done } = stage.grant('A', 'r1');
  await stage.run(100);
  b.link.hold('beat', 'answer');
  release();
  await stage.run(2);
  stage.memory = oldest;
  void stage.read('B', { subject: 'alice' });
  await stage.run(100);
  await stage.finish(done);
};

/** B was expelled, and joins again. */
export const expelledReturns: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  stage.process('B').link.set('cut');
  await stage.finish(stage.grant('A', 'r1').done);
  await stage.run(1000);
  stage.process('B').link.set('up');
  await stage.run(1200);
  await stage.warm('B');
  stage.notices = false;
  await stage.finish(stage.grant('A', 'r2').done);
  await stage.run(10);
};

/** B returns at the last moment before it is expelled. */
export const returnsInTime: Scenario = async (stage) => {
  await stage.settle('A', 'B');
  stage.process('B').link.set('silent');
  const release = stage.process('A').link.hold('instances', 'answer');
  const { done } = stage.grant('A', 'r1');
  await stage.run(500);
  release();
  await stage.finish(done);
  stage.process('B').link.set('up');
  await stage.run(100);
  await stage.warm('B');
  await stage.run(600);
  stage.notices = false;
  await stage.finish(stage.grant('A', 'r2').done);
  await stage.run(10);
};

/** A revokes all devices and is killed. C revokes them again and finds none left. */
export const repeated: Scenario = async (stage) => {
  await stage.settle('A', 'B', 'C');
  stage.notices = false;
  const revoke = (name: string) =>
    stage.change(name, 'revokes', ({ administration }) => administration.devices.revokeAll('alice'));
  const { call } = revoke('A');
  await stage.simulation.until(() => call.executed, 100);
  stage.kill('A');
  await stage.run(1);
  await stage.finish(revoke('C').done);
  await stage.run(10);
};

/** The answer to a change by A is lost, and Redis has the values from before it. */
export const answerLost: Scenario = async (stage) => {
  await stage.settle('A');
  await loseAnswer(stage);
};

/** The same while A waits for the answer to a beat that was carried out before the change. */
export const answerLostDuringBeat: Scenario = async (stage) => {
  await stage.settle('A');
  await stage.look('A');
  const release = stage.process('A').link.hold('beat', 'answer');
  await stage.run(times.heartbeat + 10);
  await loseAnswer(stage, release);
};

/** After A has tried to make a change, it must not answer as if it had not. */
async function loseAnswer(stage: Stage, meanwhile: () => void = () => {}): Promise<void> {
  const { link } = stage.process('A');
  link.set('deaf');
  const { done } = stage.grant('A', 'r1');
  await stage.finish(done);
  link.set('up');
  meanwhile();
  await stage.run(5);
  stage.memory = oldest;
  const answer = await stage.ask('A', { subject: 'alice' });
  if (!answer.includes('r1')) stage.violate(`A answers as if nothing had happened: ${answer}`);
}
