// Installs third-party servers from npm and mounts Latchkey in them with the code of their pages in docs. Also installs
// our own servers of `fixtures/`, which have their own users, with the code of docs/products/own-users.md. Uses each
// server as a browser and as a phone, and prints the tables of docs/products.md. To run only some servers and to keep
// the installed packages for the next run: `npm run test:products -- Unleash Verdaccio --folder /tmp/p`.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pairPhone } from '../../test/frameworks/phone.js';
import { runScan } from '../../test/support/log-scan.js';
import { startPostgres } from '../../test/support/postgres.js';
import { startRedis } from '../../test/support/redis.js';
import { nodeVersion, npmFolder, packedTarball, run } from '../npm-folders.js';
import { check } from './check.js';
import { tryOwnUsers } from './own-users.js';
import { ownUsersServers, ownUsersTable } from './own-users-servers.js';
import { codeOf, writeModule, writeNamed } from './page-code.js';
import { layoutOf, type Product, products, productsTable, type Running } from './products.js';
import { startServer, withOutput } from './server.js';

/** Writes the code of the pages: `auth.mjs`, `sessions.mjs`, `server.mjs`, and the files that the page adds. */
async function writeCode(folder: string, product: Product): Promise<void> {
  const { browser, apps, app } = layoutOf(product);
  const [auth, ...sessions] = codeOf('products.md');
  const withPaths = auth.replaceAll('/phone/latchkey', app).replaceAll("'/phone'", `'${apps}'`);
  await writeModule(folder, 'auth.mjs', withPaths.replaceAll("'/latchkey'", `'${browser}'`));
  await writeNamed(folder, sessions);
  const [code, ...others] = codeOf(product.page, product.heading);
  await writeNamed(folder, others);
  // The examples of docs/frameworks.md leave `auth` out.
  const server =
    product.heading === undefined
      ? code
      : `import { createAuth } from './auth.mjs';\nconst auth = createAuth();\n${code}`;
  await writeModule(folder, 'server.mjs', product.sessions ? server.replace('./auth.mjs', './sessions.mjs') : server);
}

/** Starts the database in which the server keeps its data. */
async function startService(
  needs: Product['needs'],
): Promise<{ environment: NodeJS.ProcessEnv; stop(): Promise<void> }> {
  if (needs === 'redis') {
    const redis = await startRedis();
    return { environment: { REDIS_URL: `redis://127.0.0.1:${redis.port}` }, stop: () => redis.stop() };
  }
  if (needs === 'postgres') {
    const { port, stop } = await startPostgres();
    return { environment: { DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres` }, stop };
  }
  return { environment: {}, stop: async () => {} };
}

/** Creates folders in which npm publishes packages to this registry, and installs packages from this registry only. */
async function npmUser(folder: string, registry: string): Promise<Running['npm']> {
  const project = join(folder, 'npm-user');
  const consumer = join(project, 'consumer');
  await rm(project, { recursive: true, force: true });
  await mkdir(consumer, { recursive: true });
  await writeFile(join(consumer, 'package.json'), '{}');
  let runs = 0;
  return async (args, token, name = '') => {
    runs += 1;
    const settings = [
      `registry=${registry}`,
      `${registry.slice('http:'.length)}:_authToken=${token}`,
      'fetch-retries=0',
    ];
    await writeFile(join(project, 'package.json'), JSON.stringify({ name, version: '1.0.0', files: [] }));
    const where = args[0] === 'install' ? consumer : project;
    await writeFile(join(where, '.npmrc'), settings.join('\n'));
    // With a new cache, every package comes from the registry.
    return (await run('npm', [...args, '--cache', join(project, `cache-${runs}`)], where)).code;
  };
}

async function tryProduct(product: Product, folder: string, tarball: string, node: string): Promise<void> {
  const here = join(folder, product.name.replaceAll(/\W/g, '-').toLowerCase());
  const manifest = { overrides: product.overrides ?? {} };
  await npmFolder(here, { packages: [tarball, ...product.packages], manifest, path: node, strictPeers: false });
  await writeCode(here, product);
  if (product.data !== undefined) await rm(join(here, product.data), { recursive: true, force: true });
  const service = await startService(product.needs);
  try {
    const { browser, app } = layoutOf(product);
    const { shared: secret, sessions } = product;
    const { environment } = service;
    const options = { folder: here, node, program: 'server.mjs', browser, environment, secret, sessions };
    const server = await startServer(options);
    await withOutput(server, async () => {
      const headers = await server.proxied('alice', product.groups);
      const token = await pairPhone(server.port, 'alice', { groups: product.groups, browser, app, headers });
      const npm = await npmUser(here, `${server.origin}/npm/`);
      await check(product, { ...server, token, npm });
    });
  } finally {
    await service.stop();
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { folder: { type: 'string' } } });
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'latchkey-products-')));
const names = [...products, ...ownUsersServers].map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no server is named ${unknown.join(', ')}; there are ${names.join(', ')}`);
const passed = new Set<string>();

async function attempt(name: string, work: () => Promise<void>): Promise<void> {
  if (positionals.length > 0 && !positionals.includes(name)) return;
  try {
    await work();
    passed.add(name);
    console.log(`${name}: passed`);
  } catch (error) {
    process.exitCode = 1;
    console.error(`${name}: FAILED\n${error instanceof Error ? error.message : error}\n`);
  }
}

try {
  await mkdir(folder, { recursive: true });
  const tarball = await packedTarball(folder);
  const node = join(folder, 'node', 'node_modules', 'node', 'bin');
  if (!existsSync(node)) await nodeVersion(join(folder, 'node'), '24');
  for (const product of products) await attempt(product.name, () => tryProduct(product, folder, tarball, node));
  for (const server of ownUsersServers) await attempt(server.name, () => tryOwnUsers(server, folder, tarball, node));
  console.log(`\n${productsTable((name) => passed.has(name))}\n\n${ownUsersTable((name) => passed.has(name))}`);
  if (runScan.findings.length > 0) throw new Error(`secrets in logs: ${JSON.stringify(runScan.findings)}`);
} finally {
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
}
