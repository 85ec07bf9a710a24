// A client that is generated from the OpenAPI documents pairs a phone.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { allParts, type OpenapiServer, playerSecret, startOpenapiServer } from './documents.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..', '..');

describe('a generated client', () => {
  // Inside the checkout, so that the generated code finds its packages.
  const folder = join(root, 'dist', 'generated-client');
  let server: OpenapiServer;

  before(async () => {
    server = await startOpenapiServer(allParts);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  });
  after(() => server.stop());

  it('compiles, redeems a code, renews the token, shows the user and revokes the token', async () => {
    for (const [mount, name] of [
      ['/auth', 'browser'],
      ['/api/auth', 'apps'],
    ] as const) {
      const document = join(folder, `${name}.json`);
      writeFileSync(document, JSON.stringify(await server.document(mount)));
      const generator = join(root, 'node_modules', 'oazapfts', 'dist', 'cli.js');
      await run(process.execPath, [generator, document, join(folder, `${name}.ts`)]);
    }
    cpSync(join(root, 'test', 'http', 'openapi', 'phone', 'phone.ts'), join(folder, 'phone.ts'));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(compilerOptions));
    await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder]).catch(
      (error: { readonly stdout: string }) => expect.fail(error.stdout),
    );
    const { stdout } = await run(process.execPath, [
      join(folder, 'phone.js'),
      server.origin,
      'the-secret-of-this-proxy',
      playerSecret,
    ]);
    const { device, ...seen } = JSON.parse(stdout);
    expect(seen).to.deep.equal({
      me: { subject: 'ada', roles: [], method: 'token', device_id: device },
      names: [{ id: device, name: 'Pixel 8', paired_by: 'code' }],
      active: true,
      code: 'ERR_TOKEN_REVOKED',
      error: 'invalid_grant',
      renewedAgain: true,
    });
    expect(await server.auth.devices.list({ subject: 'ada' })).to.have.length(0);
  });
});

const compilerOptions = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    strict: true,
    skipLibCheck: true,
  },
};
