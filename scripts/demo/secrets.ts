// The demo's secrets. The first start creates them and keeps them with the data; none is in the sources.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secrets of the demo. */
export interface Secrets {
  /** Signs API tokens. */
  readonly token: string;
  /** Proves to the app that the proxy has authenticated a request. */
  readonly proxy: string;
  /** Signs the app's session cookie. */
  readonly session: string;
  /** Signs the portal's cookie. */
  readonly portal: string;
  /** The local administrator's password. */
  readonly adminPassword: string;
}

/** New secrets, which are not stored. */
export function freshSecrets(): Secrets {
  const secret = (): string => randomBytes(32).toString('base64url');
  return {
    token: secret(),
    proxy: secret(),
    session: secret(),
    portal: secret(),
    adminPassword: randomBytes(9).toString('base64url'),
  };
}

/** The secrets in a folder. Creates them if there are none. Only their owner can read them. */
export async function keptSecrets(folder: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const secrets = freshSecrets();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    return secrets;
  }
}
