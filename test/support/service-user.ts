// The user for a server that refuses to run as root: the one that its Debian package created.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that a process runs as. */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user of this name if this process is root. Otherwise servers run as the user who runs the tests. */
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
