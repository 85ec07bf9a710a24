// Mounts Latchkey in servers of others, with the code of their pages in docs, and uses it there as a browser and as a
// phone. Prints the table of docs/products.md. Run it with `npm run test:products`, or with names of servers and
// `--folder`, which keeps the installed packages for the next run: `npm run test:products -- Unleash --folder /tmp/p`.
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { transformSync } from 'esbuild';
import { pairPhone } from '../../test/frameworks/phone.js';
import { connected, refusedHandshake } from '../../test/frameworks/web-socket.js';
import { type Ask, send } from '../../test/http/client.js';
import { runScan } from '../../test/support/log-scan.js';
import { startPostgres } from '../../test/support/postgres.js';
import { freePort, startProcess, until } from '../../test/support/processes.js';
import { startRedis } from '../../test/support/redis.js';
import { nodeVersion, npmFolder, packedTarball, run } from '../npm-folders.js';
import { type Product, products, productsTable, type Running } from './products.js';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** The code blocks of a page, or of one of its sections. */
function codesOf(page: string, heading?: string): readonly [string, ...string[]] {
  const text = readFileSync(join(docs, page), 'utf8');
  const section = heading === undefined ? text : text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  const [first, ...others] = [...(section ?? '').matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, code = '']) => code);
  if (first === undefined) throw new Error(`docs/${page} has no code`);
  return [first, ...others];
}

/** Where a server has Latchkey, and how it calls the paths of apps. */
function layoutOf({ heading }: Product): { readonly browser: string; readonly apps: string; readonly app: string } {
  return heading === undefined
    ? { browser: '/latchkey', apps: '/phone', app: '/phone/latchkey' }
    : { browser: '/auth', apps: '/api', app: '/api/auth' };
}

/** Writes the code of the pages: `auth.mjs`, `server.mjs`, and files that name themselves in their first line. */
async function writeCode(folder: string, product: Product): Promise<void> {
  const { browser, apps, app } = layoutOf(product);
  const auth = codesOf('products.md')[0].replaceAll('/phone/latchkey', app).replaceAll("'/phone'", `'${apps}'`);
  await writeFile(join(folder, 'auth.mjs'), auth.replaceAll("'/latchkey'", `'${browser}'`));
  // The examples of docs/frameworks.md are TypeScript and leave `auth` out.
  const [code, ...others] = codesOf(product.page, product.heading);
  for (const other of others) await writeFile(join(folder, /^\/\/ ([\w.-]+)/.exec(other)?.[1] ?? ''), other);
  const whole = product.heading === undefined ? code : `import { auth } from './auth.mjs';\n${code}`;
  const options = { loader: 'ts', format: 'esm', tsconfigRaw: { compilerOptions: { experimentalDecorators: true } } };
  await writeFile(
    join(folder, 'server.mjs'),
    transformSync(whole, options as Parameters<typeof transformSync>[1]).code,
  );
}

/** Starts what the server keeps its data in. */
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

/** A package that Verdaccio takes, in a folder whose npm uses only Verdaccio. */
async function npmUser(folder: string, registry: string): Promise<Running['npm']> {
  const project = join(folder, 'npm-user');
  await rm(project, { recursive: true, force: true });
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'published-here', version: '1.0.0' }));
  const other = join(project, 'consumer');
  await mkdir(other);
  await writeFile(join(other, 'package.json'), '{}');
  return async (args, token) => {
    const settings = [
      `registry=${registry}`,
      `${registry.slice('http:'.length)}:_authToken=${token}`,
      'fetch-retries=0',
    ];
    const where = args[0] === 'install' ? other : project;
    await writeFile(join(where, '.npmrc'), settings.join('\n'));
    return (await run('npm', [...args, '--cache', join(project, 'cache')], where)).code;
  };
}

/** Uses the server as browsers, as strangers and as a phone. */
async function check(product: Product, running: Running, port: number): Promise<void> {
  const { path, answers, groups, headers = {}, roles } = product;
  const { browser, apps, app } = layoutOf(product);
  const { ask, token } = running;
  const onPhone = product.heading === undefined || path.startsWith('/socket.io') ? `${apps}${path}` : '/api/library';
  const alice: Ask = { user: 'alice', groups, headers };

  const read = await ask(path, alice);
  assert.deepEqual([read.status, answers.test(read.text)], [200, true], read.text.slice(0, 2000));
  const spelled = path.replace(/^\/(.)/, (_all, first: string) => `/%${first.charCodeAt(0).toString(16)}`);
  for (const each of [path, spelled, `/${path}`, `/x/..${path}`]) {
    const { status, text } = await ask(each, { headers });
    assert.ok(status >= 400 && status < 500 && !answers.test(text), `${each} without a login: ${status} ${text}`);
  }
  if (roles === undefined) assert.equal((await ask(path, { user: 'bob', headers })).status, 403);
  else await roles(running);

  const phone = await ask(onPhone, { token, headers });
  assert.equal(phone.status, 200, phone.text.slice(0, 2000));
  const refused: readonly (readonly [string, Ask])[] = [
    [onPhone, { headers }],
    [onPhone, alice],
    [onPhone, { token: `${token.slice(0, -4)}AAAA`, headers }],
    [path, { token, headers }],
  ];
  for (const [each, what] of refused) {
    const { status } = await ask(each, what);
    assert.ok(status >= 400 && status < 404, `${each}: ${status}`);
  }

  const open = product.webSocket === undefined ? undefined : await checkWebSocket(product, port, apps, token);

  const sameOrigin = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' };
  const out = await ask(`${browser}/logout`, { method: 'POST', user: 'alice', groups, headers: sameOrigin, json: {} });
  assert.deepEqual(out.json, { logout_url: 'https://login.example.com/logout' });
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await ask(`${app}/revoke`, { method: 'POST', headers: form, body: `token=${token}&client_id=app` });
  // socket.io refuses a handshake with 403, whatever the reason.
  assert.ok([401, 403].includes((await ask(onPhone, { token, headers })).status), 'the token is revoked');
  if (open !== undefined) await until('the phone’s WebSocket is closed', () => open.ended() !== undefined);
}

/** Returns the phone's open WebSocket. */
async function checkWebSocket(
  product: Product,
  port: number,
  apps: string,
  token: string,
): Promise<ReturnType<typeof connected>> {
  const { webSocket = '', groups, roles, hello } = product;
  const alice = { 'Remote-User': 'alice', 'Remote-Groups': groups };
  const strangers: Record<string, string>[] = [{}, { ...alice, Origin: 'https://evil.example' }];
  if (roles === undefined) strangers.push({ 'Remote-User': 'bob' });
  for (const headers of strangers) {
    const status = (await refusedHandshake(port, webSocket, headers)) ?? 0;
    assert.ok(status >= 400 && status <= 403, `the handshake of a stranger: ${status}`);
  }
  const browser = connected(port, webSocket, { ...alice, Origin: `http://127.0.0.1:${port}` });
  await until('the browser’s WebSocket is open', () => browser.open);
  browser.webSocket.close();
  const phone = connected(port, `${apps}${webSocket}`, { Authorization: `Bearer ${token}` });
  await until('the phone’s WebSocket is open', () => phone.open);
  if (hello !== undefined) {
    const [say, answer] = hello;
    phone.webSocket.send(say);
    await until('the server answers on the WebSocket', () => phone.messages.some((message) => answer.test(message)));
  }
  return phone;
}

async function tryProduct(product: Product, folder: string, tarball: string, node: string): Promise<void> {
  const here = join(folder, product.name.replaceAll(/\W/g, '-').toLowerCase());
  const manifest = { overrides: product.overrides ?? {} };
  await npmFolder(here, { packages: [tarball, ...product.packages], manifest, path: node, strictPeers: false });
  await writeCode(here, product);
  const service = await startService(product.needs);
  try {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const secrets = { TOKEN_SECRET: 's'.repeat(32), MASTER_KEY: 'm'.repeat(32) };
    const { browser, app } = layoutOf(product);
    const server = await startProcess({
      program: join(node, 'node'),
      args: ['server.mjs'],
      folder: here,
      environment: { ...process.env, ...service.environment, ...secrets, PORT: String(port), ORIGIN: origin },
      answers: async () => (await send(port, `${browser}/me`, {})).status === 401,
      timeoutSeconds: 120,
    });
    try {
      const ask: Running['ask'] = (path, what) => send(port, path, what);
      const token = await pairPhone(port, 'alice', { groups: product.groups, browser, app });
      const npm = await npmUser(here, `${origin}/phone/npm/`);
      await check(product, { folder: here, origin, token, ask, npm }, port);
      assert.ok(server.running, 'the server still runs');
    } catch (error) {
      throw new Error(
        `${error instanceof Error ? error.stack : error}\n--- the server printed ---\n${server.output()}`,
      );
    } finally {
      await server.stop();
    }
  } finally {
    await service.stop();
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { folder: { type: 'string' } } });
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'latchkey-products-')));
const chosen = products.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const failed = new Set<string>(products.filter((product) => !chosen.includes(product)).map(({ name }) => name));
try {
  await mkdir(folder, { recursive: true });
  const tarball = await packedTarball(folder);
  const node = join(folder, 'node', 'node_modules', 'node', 'bin');
  if (!existsSync(node)) await nodeVersion(join(folder, 'node'), '24');
  for (const product of chosen) {
    try {
      await tryProduct(product, folder, tarball, node);
      console.log(`${product.name}: passed`);
    } catch (error) {
      failed.add(product.name);
      process.exitCode = 1;
      console.error(`${product.name}: FAILED\n${error instanceof Error ? error.message : error}\n`);
    }
  }
  console.log(`\n${productsTable((name) => !failed.has(name))}`);
  if (runScan.findings.length > 0) throw new Error(`secrets in logs: ${JSON.stringify(runScan.findings)}`);
} finally {
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
}
