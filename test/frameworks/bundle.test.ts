// A server bundled into one file, as docs/bundling.md says.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { send } from '../http/client.js';
import { type ConsumerFolder, consumerFolder } from '../support/consumer-folder.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'bundling.md'), 'utf8');
const recipes = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => commands);

const server = `
import { createServer } from 'node:http';
import express from 'express';
import { latchkey, memoryDirectory, memoryState } from 'latchkey';

const auth = latchkey({
  trustedProxies: ['loopback'], headers: 'authelia', session: 'none', directory: memoryDirectory(), state: memoryState(),
  unguardedPaths: ['/api'], tokens: { keys: [{ kid: '1', secret: 's'.repeat(32) }], issuer: 'https://a.example/api/auth' },
  quickConnect: { appLink: 'https://a.example/link' },
});
const app = express();
app.use(auth.authenticate);
app.use('/auth', auth.router);
app.use('/api/auth', auth.tokenRouter);
createServer(app).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** Prints the name of each meter. */
const telemetry = `
import { createNoopMeter, metrics } from '@opentelemetry/api';
metrics.setGlobalMeterProvider({
  getMeter(name) {
    console.log('meter ' + name);
    return createNoopMeter();
  },
});
`;

describe('a bundled server', function () {
  this.timeout(120_000);
  let folder: ConsumerFolder;
  before(() => {
    folder = consumerFolder({});
    symlinkSync(root, join(folder.path, 'node_modules', 'latchkey'));
    writeFileSync(join(folder.path, 'server.ts'), server);
    writeFileSync(join(folder.path, 'telemetry.mjs'), telemetry);
  });
  after(() => folder.remove());

  it('has a recipe for ES modules and one for CommonJS', () => {
    expect(recipes.map((commands) => /--format=(\w+)/.exec(commands)?.[1])).to.deep.equal(['esm', 'cjs']);
  });

  async function withServer(
    file: string,
    use: (port: number, running: RunningProcess) => Promise<void>,
  ): Promise<void> {
    const port = await freePort();
    const running = await startProcess({
      program: process.execPath,
      args: ['--import', join(folder.path, 'telemetry.mjs'), join(folder.path, file)],
      environment: { PORT: String(port) },
      answers: async () => (await send(port, '/auth/me', {})).status === 401,
    });
    try {
      await use(port, running);
    } finally {
      await running.stop();
    }
  }

  for (const [index, format] of ['esm', 'cjs'].entries()) {
    it(`starts as ${format} without the files of the pages, and serves the pages once they are copied`, async () => {
      const [bundling = '', copying = ''] = (recipes[index] ?? '').split(/^(?=cp )/m);
      const run = (commands: string) => {
        const PATH = `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}`;
        execFileSync('sh', ['-e', '-c', commands], { cwd: folder.path, env: { ...process.env, PATH }, stdio: 'pipe' });
      };
      const file = /--outfile=(\S+)/.exec(bundling)?.[1] ?? '';
      run(bundling);
      await withServer(file, async (port, running) => {
        expect((await send(port, '/auth/me', { user: 'alice' })).json).to.include({ subject: 'alice' });
        const missing = await send(port, '/auth/quick-connect', { user: 'alice' });
        expect([missing.status, missing.json?.['code']]).to.deep.equal([500, 'ERR_CONFIG']);
        expect((await send(port, '/auth/pairings', { user: 'alice', method: 'POST' })).status).to.equal(403);
        // The package @opentelemetry/api is beside the bundle, not in it.
        expect(running.output()).to.contain('meter latchkey');
        expect(readFileSync(join(folder.path, file), 'utf8')).to.not.contain('opentelemetry.js.api');
        // Pages for refused requests need no files.
        const refused = await send(port, '/auth/me', { headers: { Accept: 'text/html' } });
        expect([refused.status, refused.headers['content-type']]).to.deep.equal([401, 'text/html; charset=utf-8']);
        expect(running.output()).to.contain('[LATCHKEY_PAGES]').and.to.contain('docs/bundling.md');
      });
      run(copying);
      await withServer(file, async (port, running) => {
        for (const path of [
          '/auth/quick-connect',
          '/auth/assets/connect/quick-connect.js',
          '/auth/assets/styles.css',
        ]) {
          expect((await send(port, path, { user: 'alice' })).status, path).to.equal(200);
        }
        expect(running.output()).to.not.contain('LATCHKEY_PAGES');
      });
      rmSync(join(folder.path, 'out'), { recursive: true });
    });
  }
});
