// The people whom the stand-in login portal knows. The app never sees this list, only what is asserted.

/** One person of the portal. */
export interface Person {
  readonly subject: string;
  readonly name: string;
  readonly email: string;
  /** The groups that the portal asserts; the login page can change them. */
  groups: string[];
  /** Why this person is worth trying. */
  readonly hint: string;
}

/** A fresh list: what one portal changes, no other sees. */
export function people(): Map<string, Person> {
  const list: Person[] = [
    {
      subject: 'alice',
      name: 'Alice Ångström',
      email: 'alice@example.com',
      groups: ['admins', 'engineers'],
      hint: 'An administrator by her group, from the configuration.',
    },
    {
      subject: 'bob',
      name: 'Bob Builder',
      email: 'bob@example.com',
      groups: ['engineers'],
      hint: 'One group, one role. Change the groups and log in again: the role follows.',
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
      hint: 'In no group: logged in, without any role.',
    },
    {
      subject: 'mallory',
      name: 'Mallory Moss',
      email: 'mallory@example.com',
      groups: ['engineers'],
      hint: 'Disabled in the app: the portal lets Mallory in, the app does not.',
    },
    {
      subject: 'root',
      name: 'Someone called root',
      email: 'root@example.com',
      groups: ['admins'],
      hint: 'Named like the app’s local administrator. The header must not take that account over.',
    },
  ];
  return new Map(list.map((person) => [person.subject, person]));
}

/** The groups that a login form's text names: parted by commas, no duplicates, in their order. */
export function parseGroups(text: string): string[] {
  const groups = text.split(',').map((group) => group.trim());
  return [...new Set(groups.filter((group) => /^[\w-]{1,40}$/u.test(group)))].slice(0, 20);
}
