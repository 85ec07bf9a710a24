// The demo's secrets. None is in the sources: they are made on the first start and kept with the data.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What must not be known outside. */
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

/** Secrets that hold for one run. */
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

/** The secrets that a folder keeps, made where there are none, readable by their owner only. */
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
