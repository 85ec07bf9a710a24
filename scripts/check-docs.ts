// Checks that every `ts` code block of README and docs compiles against the built package, as a separate module.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
// Inside the checkout, so that `latchkey` and its peers resolve as they do for a reader.
const folder = join(root, 'dist', 'docs-check');

const pages = ['README.md', 'SECURITY.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

let fences = 0;
for (const page of pages.filter((name) => name.endsWith('.md'))) {
  const text = readFileSync(join(root, page), 'utf8');
  for (const fence of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
    const line = text.slice(0, fence.index).split('\n').length;
    const name = `${page.replaceAll(/[^\w]/g, '-')}-line-${line}.ts`;
    writeFileSync(join(folder, name), `${fence[1]}\nexport {};\n`);
    fences += 1;
  }
}
if (fences === 0)
  throw new Error('found no ts code block in README.md or docs: does the check look in the right place?');
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: { noEmit: true, rootDir: '../..', isolatedDeclarations: false, noUnusedLocals: false },
    include: ['.'],
    exclude: [],
  }),
);
const result = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { stdio: 'inherit' });
if (result.status !== 0) process.exit(1);
console.log(`${fences} code blocks compile`);
