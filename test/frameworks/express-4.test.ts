// Runs every test of the routes on Express 4, which ignores the promises that handlers return.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type ConsumerFolder, consumerFolder } from '../support/consumer-folder.js';

const tests = join(import.meta.dirname, '..');
const mocha = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'mocha', 'bin', 'mocha.js');

describe('Express 4', function () {
  this.timeout(900_000);
  let folder: ConsumerFolder;
  let running: ChildProcess | undefined;
  before(() => {
    folder = consumerFolder({ express: 'express4' });
  });
  after(() => {
    // It still runs only if the time of its test was over.
    running?.kill();
    folder.remove();
  });

  async function run(...args: string[]): Promise<{ readonly code: number | null; readonly printed: string }> {
    const child = spawn(process.execPath, args, { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    const [out, err] = [text(child.stdout), text(child.stderr)];
    const [code] = await once(child, 'close');
    // Indented, so that nobody takes the counts of this run for those of the whole run.
    return { code, printed: ((await out) + (await err)).replace(/^/gm, '    ') };
  }

  it('is the version in the test folder', async () => {
    const script = "import { application } from 'express'; console.log(typeof application.del);";
    expect((await run('--input-type=module', '--eval', script)).printed.trim()).to.equal('function');
  });

  // With --exit, a failed test whose server is still open does not keep this run from ending.
  const options = ['--exit', '--require', './dist/test/support/root-hooks.js', '--timeout', '180000'];

  it('passes every test of the routes', async () => {
    const { code, printed } = await run(mocha, ...options, 'dist/test/http/**/*.test.js');
    expect(printed).to.match(/\d{3} passing/);
    expect(code, printed).to.equal(0);
  });

  it('passes every test of an attack on a host', async () => {
    const attacks = readdirSync(join(tests, 'attacks')).filter(
      (name) => name.endsWith('.test.js') && /http\/(?:administrator|harness|modes)\.js/.test(codeOf(name)),
    );
    expect(attacks).to.include.members(['h09-http.test.js', 'h16-held-body.test.js', 'h45-shared-paths.test.js']);
    const { code, printed } = await run(mocha, ...options, ...attacks.map((name) => `dist/test/attacks/${name}`));
    expect(printed).to.match(/\d{3} passing/);
    expect(code, printed).to.equal(0);
  });

  const codeOf = (name: string): string => readFileSync(join(tests, 'attacks', name), 'utf8');
});
