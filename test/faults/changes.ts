// One change of every kind, each for a user of its own.
import { type Expectation, expectation, view } from './expectations.js';
import type { Person, View } from './look.js';
import type { World } from './world.js';

/** A change, the user whom it affects, and the view of that user afterwards. */
export interface Change {
  readonly what: Expectation;
  readonly after: View;
  readonly verb: string;
  readonly args: readonly unknown[];
  /** Whether the call waits until no process answers with the old value. If not, others learn of it within a beat. */
  readonly waits: boolean;
}

/** Prepares one change of each kind. The users' names end with `tag`; the users are in the database only. */
export async function eachChange(world: World, tag: string): Promise<readonly Change[]> {
  const { directory } = world;

  async function made(
    verb: string,
    more: {
      readonly args?: (person: Person & { readonly userId: string }) => readonly unknown[];
      readonly prepare?: (person: Person & { readonly userId: string }) => Promise<unknown>;
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
      what: expectation(person, view(person, more.before ?? 'viewer', more.beforeTokens)),
      after: view(person, more.after, more.afterTokens),
      verb,
      args: more.args?.(added) ?? [subject],
      waits: more.waits ?? true,
    };
  }

  const first = ({ devices: [id] }: Person) => id ?? '';
  const group = `group-${tag}`;
  const now = new Date();
  const tomorrow = new Date(now.getTime() + 86_400_000);
  const renew = (person: Person) => directory.renewDevice(first(person), 1, now, tomorrow);
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
    // A header would provision the user again.
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
    // Only the process that performs the login gets the header with the new groups.
    await made('login', { header: false, args: ({ subject }) => [subject, ['admins']], after: 'admin', waits: false }),
  ];
}
