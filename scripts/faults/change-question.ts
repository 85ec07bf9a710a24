// Changes a user as an administrator, one change after the other, and reads it back at every server.
import { setTimeout as pause } from 'node:timers/promises';
import { change } from '../../test/faults/expectations.js';
import { setDisabled, setMapping } from '../demo/administrator.js';
import type { Answer, Visitor } from '../demo/visitor.js';
import type { Asking } from './mix.js';
import { administrator, byHeader } from './people.js';
import type { Server } from './site.js';
import type { ChangedPerson } from './truth.js';

interface Step {
  readonly what: string;
  /** The view that every server must return after the change. */
  readonly view: string;
  readonly make: (admin: Visitor, who: ChangedPerson) => Promise<Answer>;
  readonly isDone: (answer: Answer) => boolean;
}

const steps: readonly Step[] = [
  {
    what: 'disable',
    view: 'disabled',
    make: (admin, { subject }) => setDisabled(admin, subject, true),
    isDone: ({ status, json }) => status === 200 && json['disabled'] === true,
  },
  {
    what: 'enable',
    view: 'viewer',
    make: (admin, { subject }) => setDisabled(admin, subject, false),
    isDone: ({ status, json }) => status === 200 && json['disabled'] === false,
  },
  {
    what: 'set the mapping',
    view: 'operator+viewer',
    make: (admin, { crew }) => setMapping(admin, crew, ['operator']),
    isDone: ({ status }) => status === 200 || status === 201,
  },
  {
    what: 'delete the mapping',
    view: 'viewer',
    async make(admin, { crew }) {
      const answer = await setMapping(admin, crew, []);
      if (answer.status !== 428) return answer;
      // The list has no such mapping, because an earlier try that got no answer has deleted it.
      const path = `/auth/admin/group-roles?group=${encodeURIComponent(crew)}`;
      return admin.send('DELETE', path, undefined, { 'if-match': '"0"' });
    },
    isDone: ({ status }) => status === 204,
  },
];

/** Makes changes at this server until the run ends. Repeats a change that failed, as an administrator would. */
export async function askingChanges(asking: Asking, server: Server, who: ChangedPerson | undefined): Promise<void> {
  if (who === undefined) throw new Error('Every server has a user to change');
  const admin = byHeader(server, administrator);
  let next = steps.findIndex(({ view }) => view === who.views.at(-1)) + 1;
  for (let uncertain = false; asking.goesOn(); ) {
    if (performance.now() < asking.conditions.calmUntil) {
      await pause(10);
      continue;
    }
    const step = steps[next % steps.length] as Step;
    await change(who, step.view, async () => {
      const answer = await asking.observe({
        question: 'change',
        server,
        what: `${step.what} ${who.subject}`,
        send: () => step.make(admin, who),
        judge: (given) => {
          // 404 and 412: an earlier try that got no answer has made the change. Although this try is refused, it
          // completes the change: from now on, no server may use data from before the change.
          const isMade = uncertain && (given.status === 404 || given.status === 412);
          return isMade || step.isDone(given) ? 'right' : 'wrong';
        },
      });
      if (answer === undefined) throw new Unconfirmed();
    }).then(
      () => {
        who.changes.done += 1;
        next += 1;
        uncertain = false;
      },
      (error: unknown) => {
        if (!(error instanceof Unconfirmed)) throw error;
        who.changes.unconfirmed += 1;
        uncertain = true;
      },
    );
    const reads = uncertain
      ? []
      : asking.site.servers.flatMap((each) => [asking.ask('header', each, who), asking.ask('token', each, who)]);
    await Promise.race([Promise.all(reads), pause(1000)]);
    await pause(200);
  }
}

/** The change did not return. It may have been made, or may still be made. */
class Unconfirmed extends Error {}
