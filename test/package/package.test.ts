// The package that npm would publish, installed in a folder outside the checkout.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..', '..', '..');

describe('the package', () => {
  let folder: string;
  let files: readonly string[];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const parsed: unknown = JSON.parse(packed);
    const entry = (Array.isArray(parsed) ? parsed[0] : Object.values(parsed as object)[0]) as {
      readonly filename: string;
      readonly files: readonly { readonly path: string }[];
    };
    files = entry.files.map((file) => file.path);
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, 'latchkey'), { recursive: true });
    execFileSync('tar', ['xzf', join(folder, entry.filename), '-C', join(modules, 'latchkey'), '--strip-components=1']);
    // Without ioredis, the database drivers and OpenTelemetry, which a consumer may not have.
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (
        [
          'latchkey',
          'ioredis',
          'pg',
          'mysql2',
          'libsql',
          '@libsql',
          '@opentelemetry',
          '.bin',
          '.package-lock.json',
        ].includes(name)
      )
        continue;
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(script: string): string {
    writeFileSync(join(folder, 'consumer.js'), script);
    return execFileSync(process.execPath, [join(folder, 'consumer.js')], { cwd: folder, encoding: 'utf8' }).trim();
  }

  it('contains no tests except the contracts, no scripts and no build leftovers', () => {
    const expected = /^(dist\/src\/|dist\/test\/contracts\/|docs\/)/;
    const others = files.filter((path) => !expected.test(path));
    expect(others.sort()).to.deep.equal(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']);
    expect(files.filter((path) => path.includes('.tsbuildinfo') || path.includes('.test.'))).to.deep.equal([]);
  });

  it('exports its public names if ioredis and the database drivers are not installed', () => {
    const names = run("import * as all from 'latchkey'; console.log(Object.keys(all).sort().join(' '));");
    expect(names.split(' ')).to.deep.equal([
      'LatchkeyError',
      'adminTexts',
      'groupMatches',
      'journalKeys',
      'latchkey',
      'memoryDirectory',
      'memoryState',
      'migrate',
      'mysqlDirectory',
      'pageTexts',
      'postgresDirectory',
      'principalOf',
      'redisState',
      'refusalTexts',
      'sqlDirectory',
      'sqliteDirectory',
    ]);
  });

  it('exports the client for apps', () => {
    const names = run("import * as all from 'latchkey/client'; console.log(Object.keys(all).sort().join(' '));");
    expect(names.split(' ')).to.deep.equal(['ClientError', 'connection', 'parseLink', 'typedCode']);
  });

  it('has the same names for import and require, and in the types of both', () => {
    for (const entry of ['', '/client', '/contracts']) {
      const imported = run(`import * as all from 'latchkey${entry}'; console.log(Object.keys(all).sort().join(' '));`);
      const required = run(`
        import { createRequire } from 'node:module';
        const all = createRequire(import.meta.url)('latchkey${entry}');
        console.log(Object.keys(all).filter((name) => name !== '__esModule' && name !== 'module.exports').sort().join(' '));
      `);
      expect(required, entry).to.equal(imported);
      const folders = { '': 'src', '/client': 'src/client', '/contracts': 'test/contracts' };
      const types = join(folder, 'node_modules/latchkey/dist', folders[entry as keyof typeof folders], 'index.d.cts');
      const declared = readFileSync(types, 'utf8').matchAll(/^export declare const (\w+):/gm);
      expect([...declared].map(([, name]) => name).sort(), entry).to.deep.equal(imported.split(' '));
    }
  });

  it('exports the contracts of its ports', () => {
    const names = run("import * as all from 'latchkey/contracts'; console.log(Object.keys(all).join(' '));");
    expect(names.split(' ')).to.include.members(['directoryContract', 'stateContract']);
  });

  it('logs a user in with only the packed files', () => {
    const answer = run(`
      import express from 'express';
      import { latchkey, memoryDirectory, memoryState, principalOf } from 'latchkey';
      const auth = latchkey({
        trustedProxies: ['loopback'], headers: 'authelia', session: 'none',
        directory: memoryDirectory(), state: memoryState(), groupRoles: { staff: ['reader'] },
      });
      const app = express();
      app.use(auth.authenticate);
      app.get('/', auth.requireRole('reader'), (req, res) => res.json(principalOf(req).subject));
      app.use(auth.problems);
      const server = app.listen(0, '127.0.0.1', async () => {
        const address = 'http://127.0.0.1:' + server.address().port + '/';
        const response = await fetch(address, { headers: { 'remote-user': 'ada', 'remote-groups': 'staff' } });
        console.log(response.status, await response.text());
        server.close();
        await auth.close();
      });
    `);
    expect(answer).to.equal('200 "ada"');
  });
});
