// Reads the code of the pages in docs, and writes it into the folder of a server.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TransformOptions, transformSync } from 'esbuild';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** Returns the code blocks of a page, or of one of its sections. */
export function codeOf(page: string, heading?: string): readonly [string, ...string[]] {
  const text = readFileSync(join(docs, page), 'utf8');
  const section = heading === undefined ? text : text.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`));
  const [first, ...others] = [...(section ?? '').matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, code = '']) => code);
  if (first === undefined) throw new Error(`docs/${page} has no code${heading === undefined ? '' : ` at ${heading}`}`);
  return [first, ...others];
}

/** Writes a code block as JavaScript. Some blocks are TypeScript. */
export async function writeModule(folder: string, name: string, code: string): Promise<void> {
  const options: TransformOptions = {
    loader: 'ts',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, verbatimModuleSyntax: false } },
  };
  const javaScript = name.endsWith('.cjs') || name.endsWith('.js') ? code : transformSync(code, options).code;
  await writeFile(join(folder, name), javaScript);
}

/** Writes code blocks whose first line names their file. */
export async function writeNamed(folder: string, blocks: readonly string[]): Promise<void> {
  for (const block of blocks) {
    const name = /^\/\/ ([\w.-]+)/.exec(block)?.[1];
    if (name === undefined) throw new Error(`no file name in the first line of:\n${block}`);
    await writeModule(folder, name, block);
  }
}
