// The people and devices that send requests.
import { randomUUID } from 'node:crypto';
import { apiTokens } from '../../src/tokens/api-token.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { signing } from './hosts.js';

const dayMilliseconds = 86_400_000;

/** A person with one device. */
export interface Person {
  readonly subject: string;
  readonly token: string;
}

/** Returns the subject of the person with this number. All subjects have the same length. */
export function subjectOf(index: number): string {
  return `person-${String(index).padStart(6, '0')}`;
}

/** Adds people to a directory, each with one device. */
export async function addPeople(directory: Directory, count: number): Promise<readonly Person[]> {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + 365 * dayMilliseconds);
  const tokens = apiTokens({ keys: keyRing([signing.key]), issuer: signing.issuer, now: Date.now });
  const people: Person[] = [];
  for (let index = 0; index < count; index += 1) {
    const subject = subjectOf(index);
    const groups = ['staff', 'listeners', 'family'];
    const provisioned = await directory.provision({ subject, groups }, 'active');
    if (provisioned.outcome === 'absent') throw new Error(`${subject} was not created`);
    const userId = provisioned.user.id;
    const deviceId = randomUUID();
    const device = { id: deviceId, userId, clientId: 'bench', name: 'Phone', createdAt, expiresAt };
    await directory.createDevice({ ...device, pairedBy: 'code' });
    const token = tokens.mint({ deviceId, subject, clientId: 'bench', issuedAt: createdAt, expiresAt });
    people.push({ subject, token });
  }
  return people;
}
