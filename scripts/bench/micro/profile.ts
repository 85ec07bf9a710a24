// Writes CPU profiles, which Chromium's developer tools and `speedscope` can open.
import { mkdir, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import type { MicroVariant } from './variants.js';

const samplingMicroseconds = 100;

/** Runs each variant this many times, and writes one profile for each variant into the folder. */
export async function profiled(
  variants: readonly MicroVariant[],
  requests: number,
  folder: string,
  print: (line: string) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { exchange, copies } of variants) await exchange.run(copies, requests);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });
  for (const { name, exchange, copies } of variants) {
    await session.post('Profiler.start');
    await exchange.run(copies, requests);
    const { profile } = await session.post('Profiler.stop');
    const path = join(folder, `${name.replaceAll(/[^a-z]+/g, '-')}.cpuprofile`);
    await writeFile(path, JSON.stringify(profile));
    print(path);
  }
  session.disconnect();
}
