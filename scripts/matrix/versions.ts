// The versions that `npm run test:matrix` tries, and the tables that it prints. docs/compatibility.md shows them.

/** A version: its name in the tables, and what npm installs. */
export interface Version {
  readonly name: string;
  readonly spec: string;
}

const exact = (version: string): Version => ({ name: version, spec: version });
const newest = (major: string): Version => ({ name: `${major}, latest`, spec: major });

/** The oldest versions are those that package.json names in `engines` and `peerDependencies`. */
export const nodeVersions: readonly Version[] = [
  exact('20.19.0'),
  newest('20'),
  exact('22.13.0'),
  newest('22'),
  newest('24'),
];

export const expressVersions: readonly Version[] = [exact('4.19.0'), newest('4'), exact('5.0.0'), newest('5')];

export const typescriptVersions: readonly Version[] = [
  exact('5.5'),
  exact('5.6'),
  exact('5.9'),
  exact('6.0'),
  { name: 'latest', spec: 'latest' },
];

/** What a consumer's package.json has as `type`. */
export type ModuleType = 'module' | 'commonjs';

export const moduleTypes: readonly ModuleType[] = ['module', 'commonjs'];

/** How a TypeScript consumer finds modules, and what it compiles to. */
export interface Resolution {
  readonly name: string;
  readonly type: ModuleType;
  readonly module: string;
  readonly moduleResolution: string;
}

export const resolutions: readonly Resolution[] = [
  { name: '`node16`, ESM', type: 'module', module: 'node16', moduleResolution: 'node16' },
  { name: '`node16`, CommonJS', type: 'commonjs', module: 'node16', moduleResolution: 'node16' },
  { name: '`nodenext`, ESM', type: 'module', module: 'nodenext', moduleResolution: 'nodenext' },
  { name: '`nodenext`, CommonJS', type: 'commonjs', module: 'nodenext', moduleResolution: 'nodenext' },
  { name: '`bundler`', type: 'module', module: 'esnext', moduleResolution: 'bundler' },
];

/** Whether the consumer of a row and a column passed. */
export type Passed = (row: string, column: string) => boolean;

/** The versions of Node that have `node:sqlite`. */
export const sqliteVersions: readonly Version[] = nodeVersions.filter(({ spec }) => Number.parseInt(spec, 10) >= 22);

export const nodeSqlite = '`sqliteDirectory` on `node:sqlite`';

/** The table of the versions of Node whose SQLite passes the contract of directories. */
export function sqliteTable(passed: Passed): string {
  const columns = sqliteVersions.map(({ name }) => name);
  return table('directory', [{ name: nodeSqlite, spec: '' }], columns, passed, (name) => `Node ${name}`);
}

/** The table of what ran. */
export function runtimeTable(passed: Passed): string {
  const columns = nodeVersions.map(({ name }) => name);
  return table('Express', expressVersions, columns, passed, (name) => `Node ${name}`);
}

/** The table of what compiled. */
export function typesTable(passed: Passed): string {
  const columns = resolutions.map(({ name }) => name);
  return table('TypeScript', typescriptVersions, columns, passed, (name) => name);
}

function table(
  corner: string,
  rows: readonly Version[],
  columns: readonly string[],
  passed: Passed,
  heading: (column: string) => string,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows.map(({ name }) => line([name, ...columns.map((column) => (passed(name, column) ? 'yes' : 'no'))]));
  return [line([corner, ...columns.map(heading)]), `|${'---|'.repeat(columns.length + 1)}`, ...body].join('\n');
}
