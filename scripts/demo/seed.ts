// Fills the demo's database: mappings of groups to roles, a local administrator, and a disabled user.
import { type Latchkey, LatchkeyError } from '../../src/index.js';
import { adminSubject } from './settings.js';

/** Fills an empty directory, and keeps one that is filled. Several instances may call this at the same time. */
export async function seed(auth: Latchkey): Promise<void> {
  try {
    // This row comes first: the instance that creates it fills in the rest.
    await auth.users.create({
      subject: adminSubject,
      authMethod: 'local',
      displayName: 'Local administrator',
      grantedRoles: ['admin'],
    });
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'ERR_SUBJECT_TAKEN') return;
    throw error;
  }
  await auth.mappings.set('engineers', ['developer']);
  await auth.mappings.set('analysts', ['analyst']);
  await auth.users.create({ subject: 'mallory', authMethod: 'proxy', displayName: 'Mallory Moss' });
  await auth.users.disable('mallory');
}
