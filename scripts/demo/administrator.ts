// Changes of an administrator through Latchkey's API. Each reads the current version first, and changes only that.
import type { Answer, Visitor } from './visitor.js';

/** Sets the roles that a group gives. Without roles, removes the mapping. */
export async function setMapping(who: Visitor, group: string, roles: readonly string[]): Promise<Answer> {
  const listed = await who.get('/auth/admin/group-roles');
  if (listed.status !== 200) return listed;
  const mappings = (listed.json['group_roles'] ?? []) as readonly { group: string; source: string; version: number }[];
  const there = mappings.find((mapping) => mapping.group === group && mapping.source === 'directory');
  const seen = there === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${there.version}"` };
  const path = `/auth/admin/group-roles?group=${encodeURIComponent(group)}`;
  return roles.length === 0 ? who.send('DELETE', path, undefined, seen) : who.send('PUT', path, { roles }, seen);
}

/** Disables or enables a user. */
export async function setDisabled(who: Visitor, subject: string, disabled: boolean): Promise<Answer> {
  const listed = await who.get(`/auth/admin/users?search=${encodeURIComponent(subject)}`);
  const users = (listed.json['users'] ?? []) as readonly { id: string; subject: string; version: number }[];
  const user = users.find((candidate) => candidate.subject === subject);
  if (user === undefined) return listed;
  return who.send('PATCH', `/auth/admin/users/${user.id}`, { disabled }, { 'if-match': `"${user.version}"` });
}
