// What the database holds at first: who gives which roles, a local administrator, and a disabled person.
import { type Latchkey, LatchkeyError } from '../../src/index.js';
import { adminSubject } from './settings.js';

/** Fills an empty directory; leaves one that has been filled alone. Several instances may do so at once. */
export async function seed(auth: Latchkey): Promise<void> {
  try {
    // Made first: whoever makes this row fills in the rest.
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
