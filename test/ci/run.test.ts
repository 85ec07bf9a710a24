// The last line of .ci/run reports what happened.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { type TemporaryFolder, temporaryFolder } from '../support/processes.js';

const root = new URL('../../../', import.meta.url).pathname;
const script = join(root, '.ci/run');

describe('.ci/run', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder('ci');
  });
  afterEach(() => folder?.remove());

  /** Runs it with a stand-in for npm. `ci` and `test` are shell commands for `npm ci` and `npm test`. */
  async function run(ci: string, test: string): Promise<{ code: number; last: string; output: string }> {
    const npm = join(folder.path, 'npm');
    await writeFile(npm, `#!/bin/sh\nif [ "$1" = ci ]; then\n${ci}\nelse\n${test}\nfi\n`);
    await chmod(npm, 0o755);
    const env = { ...process.env, PATH: [folder.path, process.env['PATH']].join(delimiter) };
    return new Promise((resolve) => {
      const child = execFile('bash', [script], { env }, (_error, output) => {
        resolve({ code: child.exitCode ?? -1, last: output.trimEnd().split('\n').at(-1) ?? '', output });
      });
    });
  }

  const summary = (lines: string): string => `printf '\\n  . . .\\n\\n${lines}\\n\\n'`;

  it('counts the tests that passed', async () => {
    const { code, last } = await run('exit 0', summary('  1234 passing (2m)'));
    expect([code, last]).to.deep.equal([0, '1234 passed, 0 failed']);
  });

  it('counts the tests that failed, and fails', async () => {
    const { code, last } = await run('exit 0', `${summary('  12 passing (2s)\\n  3 failing')}; exit 3`);
    expect([code, last]).to.deep.equal([3, '12 passed, 3 failed']);
  });

  it('fails if tests failed but the command exited with 0', async () => {
    const { code, last } = await run('exit 0', summary('  12 passing (2s)\\n  3 failing'));
    expect([code, last]).to.deep.equal([1, '12 passed, 3 failed']);
  });

  it('ignores a count that a test prints', async () => {
    const { last } = await run('exit 0', `echo '  99 passing'; ${summary('  7 passing (1s)')}`);
    expect(last).to.equal('7 passed, 0 failed');
  });

  it('reads the counts in color, too', async () => {
    const { last } = await run(
      'exit 0',
      `printf '\\033[92m \\033[0m\\033[32m 5 passing\\033[0m\\033[90m (1s)\\033[0m\\n'`,
    );
    expect(last).to.equal('5 passed, 0 failed');
  });

  // Each run has the flags of the real command, so that the results hold for it.
  for (const [what, text, passed] of [
    ['has a test that fails', "it('fails', () => { throw new Error('no'); });", 2],
    ['cannot be loaded', "import './nothing.mjs';", 1],
    ['runs one of its tests only', "it.only('passes', () => {});", 1],
    [
      'leaves a rejection unhandled',
      "it('fails', () => { Promise.reject(new Error('no')); return new Promise(() => {}); });",
      2,
    ],
    ['ends the process', 'it("ends", () => process.exit(0));', 1],
    ['leaves a secret in a log', `it('fails', () => process.emitWarning('/link#s=${'x'.repeat(22)} '));`, 3],
  ] as const) {
    it(`fails if one of the parallel files ${what}`, async () => {
      const folderOfFiles = join(folder.path, 'files');
      await mkdir(folderOfFiles);
      await writeFile(join(folderOfFiles, 'a.test.mjs'), "it('passes', () => {});");
      await writeFile(join(folderOfFiles, 'b.test.mjs'), `it('waits', (done) => setTimeout(done)); ${text}`);
      const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
      const [, flags] = /mocha (.*) "dist\//.exec(scripts.test) ?? [];
      const { code, last } = await run(
        'exit 0',
        `exec '${process.execPath}' node_modules/mocha/bin/mocha.js ${flags} '${folderOfFiles}/*.test.mjs'`,
      );
      expect(flags).to.match(/^--parallel\b/);
      expect([code, last]).to.deep.equal([1, `${passed} passed, 1 failed`]);
    });
  }

  for (const [what, ci, test] of [
    ['the installation fails', 'exit 1', 'exit 0'],
    ['the build fails', 'exit 0', 'echo "error TS2322"; exit 2'],
    ['mocha ends before its summary', 'exit 0', 'echo "  . . ."; exit 7'],
    ['nothing runs', 'exit 0', 'exit 0'],
    ['mocha finds no test', 'exit 0', summary('  0 passing (1ms)')],
  ] as const) {
    it(`reports that no test ran if ${what}`, async () => {
      const { code, last, output } = await run(ci, test);
      expect(code).to.not.equal(0);
      expect(last).to.equal('0 passed, 0 failed');
      expect(output).to.contain('No test ran');
    });
  }
});
