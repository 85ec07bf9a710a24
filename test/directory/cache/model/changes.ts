// The changes that the model makes.
import { idOf } from './data.js';
import type { Process } from './world.js';

/** One change by its name. `number` makes its values differ from those of other changes. */
export interface Change {
  readonly what: string;
  readonly make: (process: Process, number: number) => Promise<unknown>;
}

const loginOfAlice = (number: number) => ({ subject: 'alice', userId: idOf('alice'), login: `login-${number}` });
const later = new Date(4_100_000_000_000);

/** All kinds of changes that are in effect everywhere once they return. */
export const changes: readonly Change[] = [
  { what: 'disables alice', make: ({ administration }) => administration.users.disable('alice') },
  { what: 'enables alice', make: ({ administration }) => administration.users.enable('alice') },
  {
    what: 'grants alice a role',
    make: ({ administration }, number) => administration.users.addRoles('alice', [`r${number}`]),
  },
  {
    what: 'withdraws roles from alice',
    make: ({ administration }, number) =>
      administration.users.removeRoles('alice', [`r${number - 1}`, `r${number - 2}`]),
  },
  {
    what: 'grants bob a role',
    make: ({ administration }, number) => administration.users.addRoles('bob', [`r${number}`]),
  },
  { what: 'removes bob', make: ({ administration }) => administration.users.delete('bob') },
  {
    what: 'creates bob',
    make: ({ administration }, number) =>
      administration.users.create({ subject: 'bob', authMethod: 'proxy', grantedRoles: [`r${number}`] }),
  },
  { what: 'revokes the phone', make: ({ administration }) => administration.devices.revoke('alice', 'phone') },
  {
    what: 'revokes all but the phone',
    make: ({ administration }) => administration.devices.revokeOthers('alice', 'phone'),
  },
  { what: 'revokes all devices', make: ({ administration }) => administration.devices.revokeAll('alice') },
  {
    what: 'renames the tablet',
    make: ({ administration }, number) => administration.devices.rename('alice', 'tablet', `tablet ${number}`),
  },
  { what: 'maps staff', make: ({ administration }, number) => administration.mappings.set('staff', [`m${number}`]) },
  { what: 'maps guests', make: ({ administration }, number) => administration.mappings.set('guests', [`g${number}`]) },
  { what: 'removes the mapping of staff', make: ({ administration }) => administration.mappings.delete('staff') },
  {
    what: 'ends a login of alice',
    make: ({ logins }, number) => logins.end(loginOfAlice(number), { everywhere: true }),
  },
  { what: 'invalidates alice', make: ({ administration }) => administration.invalidate('alice') },
  { what: 'invalidates all', make: ({ administration }) => administration.invalidateAll() },
];

/** Changes that do not wait for the other processes, which learn of them within a heartbeat. */
export const noticedChanges: readonly Change[] = [
  {
    what: 'ends a login of alice whose cause everybody sees',
    make: ({ logins }, number) => logins.end(loginOfAlice(number), { everywhere: false }),
  },
  { what: 'renews the tablet', make: ({ renewal }) => renewal.renew('tablet', 1, new Date(1), later) },
  { what: 'confirms the renewal of the tablet', make: ({ renewal }) => renewal.confirm('tablet', 2, later) },
];
