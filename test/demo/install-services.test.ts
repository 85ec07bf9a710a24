// scripts/install-services.sh does nothing if nothing is missing, and says what to do if it cannot install.
import { execFile } from 'node:child_process';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { type TemporaryFolder, temporaryFolder } from '../support/processes.js';

const script = new URL('../../../scripts/install-services.sh', import.meta.url).pathname;

describe('install-services', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder('programs');
  });
  afterEach(() => folder?.remove());

  function install(path: string): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      const child = execFile('/bin/sh', [script], { env: { PATH: path } }, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, output: stdout + stderr });
      });
    });
  }

  /** A PATH with the few tools that the script needs, and with stand-ins. */
  async function pathWith(standIns: Readonly<Record<string, string>>): Promise<string> {
    for (const tool of ['sh', 'sed', 'dirname']) await symlink(`/bin/${tool}`, join(folder.path, tool));
    for (const [name, text] of Object.entries(standIns)) {
      await writeFile(join(folder.path, name), `#!/bin/sh\n${text}\n`);
      await chmod(join(folder.path, name), 0o755);
    }
    return folder.path;
  }

  it('prints nothing and does nothing if nothing is missing', async () => {
    const forbidden = await pathWith({ 'apt-get': 'exit 99' });
    const { code, output } = await install([forbidden, process.env['PATH']].join(delimiter));
    expect([code, output]).to.deep.equal([0, '']);
  });

  it('prints what to install if there is no apt-get', async () => {
    const { code, output } = await install(await pathWith({}));
    expect(code).to.equal(1);
    for (const name of ['redis-server', 'mariadb-server', 'chromium-headless-shell', 'zbar-tools', 'prometheus'])
      expect(output).to.contain(name);
  });

  it('prints the exact command for a user who is not root', async () => {
    const { code, output } = await install(await pathWith({ 'apt-get': 'exit 99', id: 'echo 1000' }));
    expect(code).to.equal(1);
    expect(output).to.match(/sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends .*redis-server/u);
  });
});
