// A folder with the built code and its packages, some of them in another version than in the checkout.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** A folder in which code can run. */
export interface ConsumerFolder {
  readonly path: string;
  remove(): void;
}

/**
 * Copies `dist` and links the packages.
 *
 * @param instead the package to link under the name of another
 * @param without packages, or scopes of packages, that are not linked
 */
export function consumerFolder(
  instead: Readonly<Record<string, string>>,
  without: readonly string[] = [],
): ConsumerFolder {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-consumer-'));
  mkdirSync(join(path, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const linked = instead[name] ?? name;
    if (!name.startsWith('.') && !without.includes(name))
      symlinkSync(join(root, 'node_modules', linked), join(path, 'node_modules', name));
  }
  // A copy, because linked code resolves its packages from its real path.
  cpSync(join(root, 'dist', 'src'), join(path, 'dist', 'src'), { recursive: true });
  cpSync(join(root, 'dist', 'test'), join(path, 'dist', 'test'), { recursive: true });
  // Tests of the routes read these.
  for (const name of ['README.md', 'src', 'test', 'tsconfig.json']) {
    cpSync(join(root, name), join(path, name), { recursive: true });
  }
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }');
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
