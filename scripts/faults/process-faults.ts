// The faults of a server process and of its clock.
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fault, waitSeconds } from './fault.js';
import type { Server, Site } from './site.js';

/** Longer than a change waits for a process that does not respond. */
const long = 9;

/** The faults, in the order of the table. */
export function processFaults({ servers }: Site): readonly Fault[] {
  const [, two, three] = servers as [Server, Server, Server];
  const clockFile = `${three.events}.clock`;
  const setClock = (offset: string): Promise<void> => writeFile(clockFile, offset);
  let hasClock = false;

  /** Starts the third server again with a clock that can jump. */
  async function withClock(): Promise<void> {
    if (hasClock) return;
    await setClock('+0');
    await three.kill();
    await three.restart({
      LD_PRELOAD: await clockLibrary(),
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: '1',
      // As on a computer whose date is set: only the wall clock jumps.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    hasClock = true;
  }

  const all = ['header', 'session', 'token', 'pairing', 'change'] as const;
  return [
    {
      name: 'A server process is killed, and starts again at once',
      seconds: 0,
      keeps: all,
      // A change waits until the killed process could no longer answer from memory.
      recoverySeconds: waitSeconds,
      begin: () => two.kill(),
      end: () => two.restart(),
    },
    {
      name: 'A server process is killed',
      seconds: long,
      keeps: all,
      begin: () => two.kill(),
      end: () => two.restart(),
    },
    ...[2, long].map((seconds) => ({
      name: `A server process is suspended (SIGSTOP) for ${seconds} s`,
      seconds,
      // Its timers fire as soon as it continues, so it may refuse requests that need Redis or the database.
      keeps: ['header', 'token'] as const,
      begin: () => two.process.signal('SIGSTOP'),
      end: () => two.process.signal('SIGCONT'),
    })),
    ...[
      ['forward', '+3600s'],
      ['back', '-3600s'],
    ].map(([direction, offset = '']) => ({
      name: `The clock of one server jumps ${direction} by an hour, and returns`,
      seconds: 4,
      keeps: all,
      prepare: withClock,
      begin: () => setClock(offset),
      end: () => setClock('+0'),
    })),
  ];
}

/** The library that fakes the clock, in Debian's package `faketime`. */
async function clockLibrary(): Promise<string> {
  const folders = await readdir('/usr/lib');
  const candidates = folders.map((name) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'));
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    'libfaketime is missing; to install what the tests need, run: sh scripts/install-services.sh faketime',
  );
}
