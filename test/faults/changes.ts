// Every change, each made to somebody of their own.
import type { Looked, View } from './look.js';
import { type Truth, truth, view } from './truth.js';
import type { World } from './world.js';

/** A change, and whom it is about. */
export interface Change {
  readonly what: Truth;
  readonly after: View;
  readonly verb: string;
  readonly args: readonly unknown[];
  /** Whether the call waits until no process answers from before. If not, others hear of it within a heartbeat. */
  readonly waits: boolean;
}

/** One of each, to people whose names end with this text and who are in the database alone. */
export async function eachChange(world: World, tag: string): Promise<readonly Change[]> {
  const { directory } = world;

  async function made(
    verb: string,
    more: {
      readonly args?: (person: Looked & { readonly userId: string }) => readonly unknown[];
      readonly prepare?: (person: Looked & { readonly userId: string }) => Promise<unknown>;
      readonly groups?: readonly string[];
      readonly before?: string;
      readonly beforeTokens?: readonly string[];
      readonly after: string;
      readonly afterTokens?: readonly string[];
      readonly header?: false;
      readonly waits?: false;
    },
  ): Promise<Change> {
    const subject = `${verb}-${tag}`;
    const added = await world.add(subject, more.groups ?? ['staff'], 2);
    await more.prepare?.(added);
    const person = more.header === false ? { ...added, groups: undefined } : added;
    return {
      what: truth(person, view(person, more.before ?? 'viewer', more.beforeTokens)),
      after: view(person, more.after, more.afterTokens),
      verb,
      args: more.args?.(added) ?? [subject],
      waits: more.waits ?? true,
    };
  }

  const first = ({ devices: [id] }: Looked) => id ?? '';
  const group = `group-${tag}`;
  const now = new Date();
  const tomorrow = new Date(now.getTime() + 86_400_000);
  const renew = (person: Looked) => directory.renewDevice(first(person), 1, now, tomorrow);
  return [
    await made('disable', { after: 'viewer disabled' }),
    await made('enable', {
      prepare: ({ subject }) => directory.updateUser(subject, { disabled: true }),
      before: 'viewer disabled',
      after: 'viewer',
    }),
    await made('addRoles', { args: ({ subject }) => [subject, ['editor']], after: 'editor+viewer' }),
    await made('removeRoles', {
      prepare: ({ subject }) => directory.updateUser(subject, { addRoles: ['editor'] }),
      args: ({ subject }) => [subject, ['editor']],
      before: 'editor+viewer',
      after: 'viewer',
    }),
    // By header they would come in again, as somebody new.
    await made('remove', { header: false, after: 'nobody', afterTokens: ['nobody', 'nobody'] }),
    await made('revoke', {
      args: (person) => [person.subject, first(person)],
      after: 'viewer',
      afterTokens: ['revoked', 'viewer'],
    }),
    await made('revokeAll', { after: 'viewer', afterTokens: ['revoked', 'revoked'] }),
    await made('revokeOthers', {
      args: (person) => [person.subject, first(person)],
      after: 'viewer',
      afterTokens: ['viewer', 'revoked'],
    }),
    await made('rename', {
      args: (person) => [person.subject, first(person), 'Tablet'],
      after: 'viewer',
      afterTokens: ['viewer #1 Tablet', 'viewer'],
    }),
    await made('setMapping', {
      groups: ['staff', group],
      args: () => [group, ['reader']],
      after: 'reader+viewer',
    }),
    await made('removeMapping', {
      groups: ['staff', `${group}-old`],
      prepare: () => directory.putMapping({ group: `${group}-old`, roles: ['reader'] }),
      args: () => [`${group}-old`],
      before: 'reader+viewer',
      after: 'viewer',
    }),
    await made('renew', {
      args: (person) => [first(person)],
      after: 'viewer',
      afterTokens: ['viewer #1 renewing Phone', 'viewer'],
      waits: false,
    }),
    await made('confirmRenewal', {
      prepare: renew,
      args: (person) => [first(person)],
      beforeTokens: ['viewer #1 renewing Phone', 'viewer'],
      after: 'viewer',
      afterTokens: ['viewer #2 Phone', 'viewer'],
      waits: false,
    }),
    // By header they come at one process only, with other groups.
    await made('login', { header: false, args: ({ subject }) => [subject, ['admins']], after: 'admin', waits: false }),
  ];
}
