// Compares Latchkey with other packages over HTTP, and writes docs/benchmarks.md. Run it with `npm run bench`.
//
// Options, after `--`: `--rounds <number>`, `--seconds <length of a slice>`, `--without-peers`, and `--page <file>` to
// write the page to another file.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startPostgres } from '../../../test/support/postgres.js';
import { startRedis } from '../../../test/support/redis.js';
import { npmFolder } from '../../npm-folders.js';
import { numberOption } from '../arguments.js';
import { pinned } from './cores.js';
import { benchmarksPage, resultsTable, targetsTable } from './report.js';
import { runVariants } from './run.js';
import { ownVariants, peerVariants } from './variants.js';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const peersFolder = join(root, 'scripts', 'bench', 'peers');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '1' },
    'without-peers': { type: 'boolean', default: false },
    page: { type: 'string', default: join(root, 'docs', 'benchmarks.md') },
  },
});

type Versions = readonly (readonly [name: string, version: string])[];

/** Installs the peers into a folder, beside the files that build their servers. */
async function installPeers(folder: string): Promise<Versions> {
  const { dependencies } = JSON.parse(await readFile(join(peersFolder, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const packages = Object.entries(dependencies);
  await npmFolder(folder, { packages: packages.map(([name, version]) => `${name}@${version}`) });
  for (const file of await readdir(peersFolder)) {
    if (file.endsWith('.mjs')) await copyFile(join(peersFolder, file), join(folder, file));
  }
  return packages;
}

async function versionOf(name: string): Promise<readonly [string, string]> {
  const manifest = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8');
  return [name, (JSON.parse(manifest) as { version: string }).version];
}

async function checkedOut(): Promise<string> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  const commit = await git('rev-parse', '--short', 'HEAD');
  return (await git('status', '--porcelain', '--', 'src')) === '' ? commit : `${commit} with changes`;
}

async function main(folder: string): Promise<void> {
  const [before = 0] = loadavg();
  const rounds = numberOption('rounds', values.rounds, 1);
  const sliceSeconds = numberOption('seconds', values.seconds, 0.01);
  const cores = await pinned();
  console.log(cores.description);
  const peers = values['without-peers'] ? [] : await installPeers(folder);
  const variants = [
    ...ownVariants,
    ...(peers.length === 0 ? [] : peerVariants.map((each) => ({ ...each, file: join(folder, each.file) }))),
  ];
  const postgres = await startPostgres();
  try {
    const { rows } = await postgres.pool().query<{ server_version: string }>('SHOW server_version');
    const redis = await startRedis();
    const [, redisVersion = ''] = /redis_version:(\S+)/.exec(await redis.client().info('server')) ?? [];
    await redis.stop();
    const measurements = await runVariants(variants, {
      rounds,
      milliseconds: sliceSeconds * 1000,
      warmUpRequests: 2000,
      cores,
      postgres,
      print: console.log,
    });
    const own = ['express', 'express-session', 'connect-redis', 'ioredis', 'pg', 'jsonwebtoken'];
    const page = benchmarksPage(
      {
        date: new Date(),
        commit: await checkedOut(),
        machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
        cores: cores.description,
        versions: [
          ['Node', process.versions.node],
          ['Redis', redisVersion],
          ['Postgres', rows[0]?.server_version ?? ''],
          ...(await Promise.all(own.map(versionOf))),
          ...peers,
        ],
        rounds,
        sliceSeconds,
        loadAverages: [before, loadavg()[0] ?? 0],
      },
      measurements,
    );
    console.log(`${resultsTable(measurements)}\n\n${targetsTable(measurements)}`);
    await writeFile(values.page, page);
  } finally {
    await postgres.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
try {
  await main(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
