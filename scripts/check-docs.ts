// Checks that the examples compile against the built package: every `ts` code block of README and docs, and every `@example`
// of the doc comments in src, each as a module of its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
// Inside the checkout, so that `latchkey` and its peers resolve as they do for a reader.
const folder = join(root, 'dist', 'docs-check');

/** The names that an `@example` may use without declaring them. */
const prelude = `
declare const auth: import('latchkey').Latchkey;
declare const app: import('express').Express;
declare const req: import('express').Request<{ readonly id: string }>;
declare const server: import('node:http').Server;
declare const webSockets: {
  handleUpgrade(
    req: import('node:http').IncomingMessage,
    socket: import('node:stream').Duplex,
    head: Buffer,
    use: (webSocket: { close(code: number): void; on(event: 'close', listener: () => void): void }) => void,
  ): void;
};
declare const pool: import('pg').Pool;
declare const redis: import('ioredis').Redis;
declare const music: import('latchkey/client').Connection;
declare const storage: import('latchkey/client').ClientStorage;
/** The text of a QR code. */
declare const scanned: string;
`;

/** A piece of TypeScript, and the line of the file where it begins. */
interface Example {
  readonly code: string;
  readonly line: number;
}

function fencesOf(text: string): readonly Example[] {
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = '', index }) => ({
    code,
    line: lineAt(text, index),
  }));
}

function examplesOf(text: string): readonly Example[] {
  return [...text.matchAll(/^ *\* @example\n(.*?)(?=^ *\* @|^ *\*\/)/gms)].map(({ 1: lines = '', index }) => ({
    code: lines.replaceAll(/^ *\* ?/gm, ''),
    line: lineAt(text, index),
  }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Writes the examples of a file as modules. Returns their number. */
function write(path: string, examples: readonly Example[]): number {
  for (const { code, line } of examples) {
    const name = `${path.replaceAll(/[^\w]/g, '-')}-line-${line}.ts`;
    writeFileSync(join(folder, name), `${code}\nexport {};\n`);
  }
  return examples.length;
}

function filesIn(directory: string, suffix: string): readonly string[] {
  const names = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(suffix)).map((name) => join(directory, name));
}

/** The sum of what `write` returns for these files. */
function writeAll(paths: readonly string[], read: (text: string) => readonly Example[]): number {
  return paths.reduce((sum, path) => sum + write(path, read(readFileSync(join(root, path), 'utf8'))), 0);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const fences = writeAll(['README.md', 'SECURITY.md', ...filesIn('docs', '.md')], fencesOf);
const examples = writeAll(filesIn('src', '.ts'), examplesOf);
if (fences === 0 || examples === 0) {
  throw new Error('no ts fence found in README.md or docs, or no @example in src: has the check lost its files?');
}
writeFileSync(join(folder, 'prelude.d.ts'), prelude);
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: {
      noEmit: true,
      rootDir: '../..',
      isolatedDeclarations: false,
      // NestJS uses them.
      experimentalDecorators: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ['.'],
    exclude: [],
  }),
);
const result = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { stdio: 'inherit' });
if (result.status !== 0) process.exit(1);
console.log(`${fences} code blocks and ${examples} examples compile`);
