// `npm start` and its tour, as separate processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { tourSteps } from '../../scripts/demo/tour-steps.js';
import { visitor } from '../../scripts/demo/visitor.js';
import {
  type RunningProcess,
  startProcess,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from '../support/processes.js';

const main = new URL('../../scripts/demo/main.js', import.meta.url).pathname;

describe('the demo', function () {
  // PGlite takes some seconds to create its database.
  this.timeout(240_000);
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder('demo');
  });
  after(() => folder?.remove());

  it('completes its tour and prints every step', async () => {
    const child = spawn(process.execPath, [main, '--tour'], { cwd: folder.path, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code, output).to.equal(0);
    for (const [index, { title }] of tourSteps.entries()) expect(output).to.contain(`${index + 1}. ${title}\n`);
    expect(output).to.contain(`All ${tourSteps.length} steps went as they should.`);
    expect(output).to.not.match(/FAILED|undefined|NaN/u);
  });

  it('uses a free port if one is busy, ends at Ctrl-C, and keeps users and secrets', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const started: RunningProcess[] = [];
    const start = async (): Promise<{ output: () => string; end: () => Promise<void> }> => {
      const running = await startProcess({
        program: process.execPath,
        args: [main],
        folder: folder.path,
        environment: {
          ...process.env,
          PORT: String(port),
          APP_PORT: '0',
          PHONE_PORT: '0',
          REDIS_URL: '',
          DATABASE_URL: '',
        },
        answers: async () => true,
      });
      started.push(running);
      await until('the demo says what to try', () => running.output().includes('Ctrl-C ends it'), 120);
      return {
        output: running.output,
        async end() {
          running.signal('SIGINT');
          await until('the demo has ended', () => !running.running, 60);
        },
      };
    };
    const urlOf = (output: string, what: string): string =>
      new RegExp(`${what} +(http://127\\.0\\.0\\.1:\\d+)`, 'u').exec(output)?.[1] ?? '';
    const passwordOf = (output: string): string => /password (\S+)/u.exec(output)?.[1] ?? '';

    try {
      const first = await start();
      expect(first.output()).to.contain('The proxy’s port was busy');
      expect(urlOf(first.output(), 'through the proxy')).to.not.equal(`http://127.0.0.1:${port}`);
      const answer = await visitor(urlOf(first.output(), 'past the proxy')).get('/', { accept: 'text/html' });
      expect([answer.status, answer.text.includes('You are not logged in')]).to.deep.equal([200, true]);

      const second = visitor(urlOf(first.output(), 'past the proxy'));
      const both = await startProcess({
        program: process.execPath,
        args: [main],
        folder: folder.path,
        answers: async () => true,
      });
      await until('a second demo on the same data gives up', () => !both.running, 120);
      expect(both.output()).to.contain('already');
      expect((await second.get('/styles.css')).status).to.equal(200);
      await first.end();

      const again = await start();
      expect(passwordOf(again.output())).to.equal(passwordOf(first.output())).and.to.have.length.above(8);
      expect(again.output()).to.not.contain('user.changed-by-administrator');
      await again.end();
    } finally {
      for (const running of started) await running.stop('SIGKILL');
      busy.close();
    }
  });

  it('exits with code 2 for an unknown argument', async () => {
    const child = spawn(process.execPath, [main, '--tuor'], { cwd: join(folder.path), stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(2);
  });
});
