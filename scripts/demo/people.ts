// The people in the stand-in login portal. The app does not have this list; it gets only assertions.

/** One person of the portal. */
export interface Person {
  readonly subject: string;
  readonly name: string;
  readonly email: string;
  /** The groups that the portal asserts; the login page can change them. */
  groups: string[];
  /** What this person shows in the demo. */
  readonly hint: string;
}

/** A new list, so that changes of one portal do not affect another. */
export function people(): Map<string, Person> {
  const list: Person[] = [
    {
      subject: 'alice',
      name: 'Alice Ångström',
      email: 'alice@example.com',
      groups: ['admins', 'engineers'],
      hint: 'An administrator through her group, by the app’s configuration.',
    },
    {
      subject: 'bob',
      name: 'Bob Builder',
      email: 'bob@example.com',
      groups: ['engineers'],
      hint: 'One group, one role. Change the groups and log in again: the roles change, too.',
    },
    {
      subject: 'carol',
      name: 'Carol Chang',
      email: 'carol@example.com',
      groups: ['analysts', 'book-club'],
      hint: 'One of the groups gives a role, the other gives none.',
    },
    {
      subject: 'dave',
      name: 'Dave Duarte',
      email: 'dave@example.com',
      groups: [],
      hint: 'In no group: logged in, but without a role.',
    },
    {
      subject: 'mallory',
      name: 'Mallory Moss',
      email: 'mallory@example.com',
      groups: ['engineers'],
      hint: 'Disabled in the app: the portal accepts Mallory, but the app does not.',
    },
    {
      subject: 'root',
      name: 'Someone called root',
      email: 'root@example.com',
      groups: ['admins'],
      hint: 'Has the name of the app’s local administrator. The header must not take over that account.',
    },
  ];
  return new Map(list.map((person) => [person.subject, person]));
}

/** The comma-separated groups in a login form, in order and without duplicates. */
export function parseGroups(text: string): string[] {
  const groups = text.split(',').map((group) => group.trim());
  return [...new Set(groups.filter((group) => /^[\w-]{1,40}$/u.test(group)))].slice(0, 20);
}
