// Copies of the built product with one rule removed: a piece of text, which must occur exactly once, is replaced.
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Product, productIn } from './product.js';

/** One replacement in a built file below `src/directory/`. */
export interface Replacement {
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

const built = fileURLToPath(new URL('../../../../src/', import.meta.url));

/** Builds a product with these replacements, for as long as `use` runs. */
export async function withMutant<Result>(
  replacements: readonly Replacement[],
  use: (product: Product) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-mutant-'));
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    // All other files are the same modules as elsewhere, because errors must be of the same class.
    for (const name of await readdir(built)) {
      if (name !== 'directory') await symlink(join(built, name), join(folder, name));
    }
    await cp(join(built, 'directory'), join(folder, 'directory'), { recursive: true });
    for (const { file, text, by } of replacements) {
      const path = join(folder, 'directory', file);
      const before = await readFile(path, 'utf8');
      const found = before.split(text).length - 1;
      if (found !== 1) throw new Error(`${file} has ${found} places, expected one, with: ${text}`);
      // A function, because a string would interpret dollar signs.
      await writeFile(
        path,
        before.replace(text, () => by),
      );
    }
    return await use(await productIn(pathToFileURL(`${join(folder, 'directory')}/`)));
  } finally {
    await rm(folder, { recursive: true });
  }
}
