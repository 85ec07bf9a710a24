// Checks docker-compose.yml against the app, nginx and the script that creates its secrets.
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { appSettings, required } from '../../scripts/demo/settings.js';
import { filledTemplate, startNginx } from '../support/nginx.js';
import { type TemporaryFolder, temporaryFolder } from '../support/processes.js';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;

interface Service {
  readonly command?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: unknown;
  readonly healthcheck?: unknown;
  readonly volumes?: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly networks?: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: {
    readonly inside: { readonly ipam: { readonly config: readonly { readonly subnet: string }[] } };
  };
}

describe('the compose file', () => {
  let compose: Compose;
  let folder: TemporaryFolder;
  let secrets: Record<string, string>;

  before(async () => {
    compose = parse(await readFile(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose;
    folder = await temporaryFolder('compose');
    await run('sh', [join(root, 'scripts/demo/compose-secrets.sh'), folder.path]);
    const lines = (await readFile(join(folder.path, '.env'), 'utf8')).trim().split('\n');
    secrets = Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
  });
  after(() => folder?.remove());

  function service(name: string): Service {
    const found = compose.services[name];
    if (found === undefined) throw new Error(`There is no service ${name}.`);
    return found;
  }

  /** A service's environment as compose fills it in. Throws if a variable is not in .env. */
  function environmentOf(name: string): Record<string, string> {
    const filled = Object.entries(service(name).environment ?? {}).map(([key, value]) => [
      key,
      value.replace(/\$\{(\w+)(:\?[^}]*)?\}/gu, (_, variable: string) => required(secrets, variable)),
    ]);
    return Object.fromEntries(filled) as Record<string, string>;
  }

  it('publishes on loopback only', () => {
    const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
    expect(published).to.have.length.above(0);
    for (const port of published) expect(port).to.match(/^127\.0\.0\.1:\d+:\d+$/u);
    for (const name of ['redis', 'postgres', 'login', 'app-2']) expect(service(name).ports, name).to.equal(undefined);
  });

  it('contains no secret, and names the script that creates them if one is missing', async () => {
    const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
    for (const line of text.split('\n').filter((candidate) => /SECRET|PASSWORD/u.test(candidate))) {
      expect(line).to.match(/\$\{\w+:\?run sh scripts\/demo\/compose-secrets\.sh first\}/u);
    }
  });

  it('gets a random value for each secret from the script, which keeps existing values', async () => {
    const values = Object.values(secrets);
    expect(new Set(values).size).to.equal(values.length);
    for (const value of values) expect(value).to.match(/^[0-9a-f]{16,64}$/u);
    const file = join(folder.path, '.env');
    expect((await stat(file)).mode & 0o077, 'only the owner may read it').to.equal(0);
    const before = await readFile(file, 'utf8');
    await run('sh', [join(root, 'scripts/demo/compose-secrets.sh'), folder.path]);
    expect(await readFile(file, 'utf8')).to.equal(before);
  });

  it('gives both instances all settings, and the same ones except for their names', () => {
    const [one, two] = [environmentOf('app-1'), environmentOf('app-2')];
    for (const environment of [one, two]) {
      expect(() => appSettings(environment)).to.not.throw();
      for (const name of ['DATABASE_URL', 'REDIS_URL', 'HOST', 'PORT']) required(environment, name);
    }
    expect({ ...one, INSTANCE: '' }).to.deep.equal({ ...two, INSTANCE: '' });
    expect(one['INSTANCE']).to.not.equal(two['INSTANCE']);
    expect([service('app-1').command, service('app-2').command]).to.deep.equal(['app', 'app']);
  });

  it('trusts only the address of nginx', () => {
    const { inside } = service('nginx').networks as { inside: { ipv4_address: string } };
    expect(environmentOf('app-1')['TRUSTED_PROXIES']).to.equal(inside.ipv4_address);
    const [range] = compose.networks.inside.ipam.config;
    expect(range?.subnet.startsWith(inside.ipv4_address.replace(/\d+$/u, ''))).to.equal(true);
  });

  it('gives nginx the template that the tests use, and every value in it', async () => {
    expect(service('nginx').volumes).to.deep.equal(['./scripts/nginx:/etc/nginx/templates:ro']);
    const environment = environmentOf('nginx');
    expect(environment['LATCHKEY_PROXY_SECRET']).to.equal(environmentOf('app-1')['PROXY_SECRET']);
    // The names of services resolve only in compose's network.
    const here = await filledTemplate({
      ...environment,
      LATCHKEY_LISTEN: '127.0.0.1:1',
      LATCHKEY_LOGIN: '127.0.0.1:2',
      LATCHKEY_APPS: String(environment['LATCHKEY_APPS']).replace(/app-\d/gu, '127.0.0.1'),
    });
    const nginx = await startNginx((listen) => here.replace('127.0.0.1:1;', `${listen};`));
    await nginx.stop();
  });

  it('starts the apps when Redis and Postgres are healthy, and does not let Redis evict keys', () => {
    for (const name of ['app-1', 'app-2']) {
      expect(service(name).depends_on).to.deep.equal({
        redis: { condition: 'service_healthy' },
        postgres: { condition: 'service_healthy' },
      });
    }
    for (const name of ['redis', 'postgres']) expect(service(name).healthcheck, name).to.be.an('object');
    expect(service('redis').command).to.contain('--maxmemory-policy noeviction');
  });

  it('builds from files that exist', async () => {
    for (const name of ['app-1', 'app-2', 'login', 'phone']) {
      const { build } = service(name);
      expect((await stat(join(root, String(build?.context), String(build?.dockerfile)))).isFile(), name).to.equal(true);
    }
  });
});
