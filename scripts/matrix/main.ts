// Installs the packed package into consumers and runs them, for each version of Express, Node and TypeScript that
// versions.ts lists. Prints the tables of docs/compatibility.md. Run it with `npm run test:matrix`.
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeVersion, npmFolder, packedTarball, run } from '../npm-folders.js';
import {
  expressVersions,
  type ModuleType,
  moduleTypes,
  nodeSqlite,
  nodeVersions,
  type Resolution,
  resolutions,
  runtimeTable,
  sqliteTable,
  sqliteVersions,
  typescriptVersions,
  typesTable,
} from './versions.js';

const root = join(import.meta.dirname, '..', '..', '..');
const consumer = join(root, 'scripts', 'matrix', 'consumer', 'consumer.ts');
const workers = 2;

/** Runs all jobs, a few at a time. */
async function inTurns(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) await job();
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** Remembers each failed consumer by row and column, and prints why it failed. */
function failures(): {
  note(row: string, column: string, why: string): void;
  passed: PassedOf;
  readonly count: number;
} {
  const failed = new Set<string>();
  const keyOf = (row: string, column: string): string => `${row} × ${column}`;
  return {
    note(row, column, why) {
      failed.add(keyOf(row, column));
      console.error(`FAILED ${keyOf(row, column)}\n${why}\n`);
    },
    passed: (row, column) => !failed.has(keyOf(row, column)),
    get count() {
      return failed.size;
    },
  };
}

type PassedOf = (row: string, column: string) => boolean;

/** A project of a consumer: its package.json and tsconfig.json, with the packages of an installation. */
async function project(folder: string, modules: string, { type, module, moduleResolution }: Resolution): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type }));
  await copyFile(consumer, join(folder, 'consumer.ts'));
  // A whole installation, so everything in it finds its own packages.
  await symlink(modules, join(folder, 'node_modules'));
  const compilerOptions = {
    ...{ target: 'es2022', lib: ['es2023'], types: ['node'], module, moduleResolution, outDir: 'out' },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, esModuleInterop: true },
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['consumer.ts'] }));
}

async function main(folder: string): Promise<number> {
  const tarball = await packedTarball(folder);
  const pathOf = (kind: string, spec: string): string => join(folder, `${kind}-${spec}`);
  await inTurns([
    ...nodeVersions.map(
      ({ spec }) =>
        async () =>
          void (await nodeVersion(pathOf('node', spec), spec)),
    ),
    ...typescriptVersions.map(({ spec }) => async () => {
      await npmFolder(pathOf('typescript', spec), { packages: [`typescript@${spec}`] });
    }),
    ...expressVersions.map(({ spec }) => async () => {
      const types = [`@types/express@${spec.split('.')[0]}`, '@types/node@20'];
      await npmFolder(pathOf('express', spec), { packages: [tarball, `express@${spec}`, ...types] });
    }),
  ]);
  const modulesOf = (kind: string, spec: string): string => join(pathOf(kind, spec), 'node_modules');
  const compilerOf = (spec: string): string => join(modulesOf('typescript', spec), '.bin', 'tsc');

  const types = failures();
  const built = (express: string, type: ModuleType): string => join(folder, `built-${express}-${type}`);
  await inTurns(
    typescriptVersions.flatMap((typescript) =>
      resolutions.flatMap((resolution, index) =>
        ['4', '5'].map((express) => async () => {
          const path = join(folder, `typescript-${typescript.spec}-${index}-express-${express}`);
          await project(path, modulesOf('express', express), resolution);
          const { code, out, err } = await run(compilerOf(typescript.spec), ['-p', path, '--noEmit'], path);
          if (code !== 0)
            types.note(typescript.name, resolution.name, `with the types of Express ${express}:\n${out}${err}`);
        }),
      ),
    ),
  );

  const runs = failures();
  await inTurns(
    expressVersions.flatMap((express) =>
      moduleTypes.map((type) => async () => {
        const path = built(express.spec, type);
        const resolution = resolutions.find((each) => each.type === type && each.module === 'nodenext');
        if (resolution === undefined) throw new Error(`no resolution compiles to ${type}`);
        await project(path, modulesOf('express', express.spec), resolution);
        const compiled = await run(compilerOf('latest'), ['-p', path], path);
        if (compiled.code !== 0) throw new Error(compiled.out + compiled.err);
        for (const node of nodeVersions) {
          const program = join(modulesOf('node', node.spec), 'node', 'bin', 'node');
          const { code, out, err } = await run(program, [join('out', 'consumer.js')], path);
          // A warning counts as a failure.
          if (code !== 0 || out.trim() !== 'passed' || err !== '')
            runs.note(express.name, node.name, `${type}:\n${out}${err}`);
        }
      }),
    ),
  );

  const sqlite = failures();
  const contract = join(import.meta.dirname, 'node-sqlite.js');
  for (const node of sqliteVersions) {
    const program = join(modulesOf('node', node.spec), 'node', 'bin', 'node');
    const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const { code, out, err } = await run(program, [mocha, contract], root);
    if (code !== 0) sqlite.note(nodeSqlite, node.name, out + err);
  }

  console.log([runtimeTable(runs.passed), typesTable(types.passed), sqliteTable(sqlite.passed)].join('\n\n'));
  return runs.count + types.count + sqlite.count;
}

const folder = await mkdtemp(join(tmpdir(), 'latchkey-matrix-'));
try {
  if ((await main(folder)) > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
