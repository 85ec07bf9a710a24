// Writes the types of each entry for TypeScript projects that compile to CommonJS. Part of the build.
//
// There is one copy of the code, in ES modules: `require` loads it, too. Only the compiler does not know that before
// TypeScript 5.8, or under `node16`; it then accepts no types of an ES module. `attw` reports this as `false-cjs`, so
// check:package ignores that rule; `npm run test:matrix` compiles and runs real CommonJS consumers instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..', '..');

/** An entry of `exports` in package.json. */
interface Entry {
  readonly types: { readonly require: string };
  readonly default: string;
}

/** A class is a type as well as a value. */
function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** The declarations: the types of the ES module, and each of its values. */
function declarations(file: string, values: Readonly<Record<string, unknown>>): string {
  const from = `'./${basename(file)}' with { 'resolution-mode': 'import' }`;
  const lines = Object.entries(values).flatMap(([name, value]) => [
    `export declare const ${name}: typeof module.${name};`,
    ...(isClass(value) ? [`export type ${name} = module.${name};`] : []),
  ]);
  return [`import type * as module from ${from};`, `export type * from ${from};`, ...lines, ''].join('\n');
}

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, Entry | string>>;
};
for (const entry of Object.values(exports)) {
  if (typeof entry === 'string') continue;
  const file = join(root, entry.default);
  writeFileSync(join(root, entry.types.require), declarations(file, await import(pathToFileURL(file).href)));
}
