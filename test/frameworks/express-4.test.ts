// Runs every test of the routes on Express 4, which ignores the promises that handlers return.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type ConsumerFolder, consumerFolder } from '../support/consumer-folder.js';

const mocha = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'mocha', 'bin', 'mocha.js');

describe('Express 4', function () {
  this.timeout(180_000);
  let folder: ConsumerFolder;
  before(() => {
    folder = consumerFolder({ express: 'express4' });
  });
  after(() => folder.remove());

  async function run(...args: string[]): Promise<{ readonly code: number | null; readonly printed: string }> {
    const child = spawn(process.execPath, args, { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = [text(child.stdout), text(child.stderr)];
    const [code] = await once(child, 'close');
    return { code, printed: (await out) + (await err) };
  }

  it('is the version in the test folder', async () => {
    const script = "import { application } from 'express'; console.log(typeof application.del);";
    expect((await run('--input-type=module', '--eval', script)).printed.trim()).to.equal('function');
  });

  it('passes every test of the routes', async () => {
    const { code, printed } = await run(
      mocha,
      '--require',
      './dist/test/support/root-hooks.js',
      '--timeout',
      '20000',
      'dist/test/http/**/*.test.js',
    );
    expect(printed).to.match(/\d{3} passing/);
    expect(code, printed).to.equal(0);
  });
});
