// Measures the speed of this computer, so that the figures of docs/growth.md can be compared with those of another one.
import { createHash } from 'node:crypto';

/**
 * Returns how long a fixed piece of work takes on this computer, in milliseconds. The work is like that of a request:
 * JSON, maps, sorting and hashes.
 */
export function calibration(): number {
  const times = Array.from({ length: 9 }, work).sort((one, other) => one - other);
  return times[4] ?? 0;
}

function work(): number {
  const began = performance.now();
  for (let round = 0; round < 20; round += 1) {
    const entries = Array.from({ length: 5000 }, (_, index) => [
      `team-${(index * 7919) % 5000}`,
      [`role-${index % 50}`],
    ]);
    entries.sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
    const text = JSON.stringify(entries);
    createHash('sha256').update(text).digest('hex');
    new Map(JSON.parse(text) as [string, string[]][]).get('team-7');
  }
  return performance.now() - began;
}
