// Who runs a server that refuses to run as root: the user that its Debian package made.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whom a process runs as. */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user of this name, where this process is root; otherwise servers run as whoever runs the tests. */
export async function serviceUser(name: string): Promise<ServiceUser | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    throw new Error(`The user ${name} is missing; to install what the tests need, run: sh scripts/install-services.sh`);
  }
}
