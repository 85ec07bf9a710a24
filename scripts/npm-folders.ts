// Folders outside the checkout into which npm installs this package, other packages, and versions of Node.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end. Does not reject if the program fails. */
export async function run(program: string, args: readonly string[], cwd: string, path?: string): Promise<Outcome> {
  const env = path === undefined ? process.env : { ...process.env, PATH: `${path}${delimiter}${process.env['PATH']}` };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : 1, out: stdout ?? '', err: stderr || String(error) };
  }
}

/** Runs a program and returns what it printed. @throws if it fails. */
async function succeed(program: string, args: readonly string[], cwd: string, path?: string): Promise<string> {
  const { code, out, err } = await run(program, args, cwd, path);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed in ${cwd}:\n${out}\n${err}`);
  return out;
}

/** Packs the checkout as npm would publish it. Returns the path of the tarball. */
export async function packedTarball(folder: string): Promise<string> {
  // Its build prints lines of its own, so the file's name is the last line.
  const printed = await succeed('npm', ['pack', '--pack-destination', folder], root);
  return join(folder, printed.trim().split('\n').at(-1) ?? '');
}

/** What to install. */
export interface Installation {
  readonly packages: readonly string[];
  /** Further members of the package.json, such as `type`. */
  readonly manifest?: object;
  /** The folder of the Node that runs npm, because some packages refuse an older one. Default: this process's. */
  readonly path?: string;
  /** Whether peer dependencies that do not fit are errors. Default: yes. */
  readonly strictPeers?: boolean;
}

/** Makes a folder and installs packages into it. */
export async function npmFolder(
  folder: string,
  { packages, manifest, path, strictPeers = true }: Installation,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
  const settings = ['--no-audit', '--no-fund', `--strict-peer-deps=${strictPeers}`, '--loglevel=error'];
  await succeed('npm', ['install', ...settings, ...packages], folder, path);
  return folder;
}

/** Installs a version of Node. Returns the folder of its program. */
export async function nodeVersion(folder: string, version: string): Promise<string> {
  await npmFolder(folder, { packages: [`node@${version}`] });
  return join(folder, 'node_modules', 'node', 'bin');
}
