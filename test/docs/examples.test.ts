// Every function that a host or an app can call has an `@example` in its doc comment. scripts/check-docs.ts compiles
// the examples.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as client from '../../src/client/index.js';
import * as server from '../../src/index.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'src');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));

const comment = String.raw`/\*\*((?:(?!\*/)[^])*)\*/\n`;

/** The doc comment of an exported function. */
function commentOf(name: string): string {
  const pattern = new RegExp(`${comment}export (?:async )?(?:function|const) ${name}\\b`);
  return sources.map((text) => pattern.exec(text)?.[1]).find((found) => found !== undefined) ?? '';
}

/** The doc comment of a member of these interfaces, the first that has one. */
function memberCommentOf(interfaces: readonly string[], member: string): string {
  const bodies = interfaces.flatMap((name) =>
    sources.flatMap((text) => new RegExp(`^export interface ${name}\\b[^]*?^}`, 'm').exec(text)?.[0] ?? []),
  );
  const pattern = new RegExp(`${comment} *(?:readonly )?${member}[?(:<]`);
  return bodies.map((text) => pattern.exec(text)?.[1]).find((found) => found !== undefined) ?? '';
}

/** The functions of an object, by name. Classes are not among them. */
function functionsOf(object: object): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value)) ? [name] : [],
  );
}

describe('an example', () => {
  it('is in the comment of each exported function', () => {
    const names = [...functionsOf(server), ...functionsOf(client)];
    expect(names).to.include.members(['latchkey', 'migrate', 'connection', 'typedCode']);
    expect(names.filter((name) => !commentOf(name).includes('@example'))).to.deep.equal([]);
  });

  it('is in the comment of each function of a Latchkey', async () => {
    const auth = server.latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      unguardedPaths: ['/api'],
      directory: server.memoryDirectory(),
      state: server.memoryState(),
      tokens: { keys: [{ kid: '1', secret: 's'.repeat(32) }], issuer: 'https://music.example.com/api/auth' },
    });
    const lacking = (object: object, ...interfaces: readonly string[]) =>
      functionsOf(object)
        .filter((name) => !memberCommentOf(interfaces, name).includes('@example'))
        .map((name) => `${interfaces[0]}.${name}`);
    try {
      expect(functionsOf(auth)).to.include.members(['authenticate', 'router', 'tokenRouter', 'explain', 'invalidate']);
      expect([
        ...lacking(auth, 'Latchkey', 'Administration', 'Http'),
        ...lacking(auth.users, 'UserAdministration'),
        ...lacking(auth.mappings, 'MappingAdministration'),
        ...lacking(auth.devices, 'DeviceAdministration'),
        ...lacking(auth.audit, 'Audit'),
        ...lacking(auth.metrics, 'Metrics'),
      ]).to.deep.equal([]);
    } finally {
      await auth.close();
    }
  });

  it('is in the comment of each function of a connection', () => {
    const storage = { get: async () => null, set: async () => {}, delete: async () => {} };
    const names = functionsOf(client.connection({ clientId: 'app', deviceName: 'Pixel', storage }));
    expect(names).to.include.members(['redeem', 'clear']);
    expect(names.filter((name) => !memberCommentOf(['Connection'], name).includes('@example'))).to.deep.equal([]);
  });
});
