// H21: thousands of groups, and headers as long as Node accepts.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const groups = (count: number): string => Array.from({ length: count }, (_, index) => `g${index}`).join(',');

describe('H21: very many groups and very long values', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({}, { http: { maxHeaderSize: 128 * 1024 } });
  });
  after(() => server.stop());

  it('are accepted up to 1,000 groups, and refused beyond', async () => {
    const read = await server.get('/', [
      ['Remote-User', 'alice'],
      ['Remote-Groups', groups(1000)],
    ]);
    expect(read.assertion?.groups).to.have.length(1000);
    for (const count of [1001, 10_000]) {
      const answer = await server.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', groups(count)],
      ]);
      expect(answer, String(count)).to.include({ status: 400, code: 'ERR_GROUPS_TOO_MANY' });
    }
  });

  it('are refused if the subject is too long, and left out if another single value is', async () => {
    const long = 'x'.repeat(256);
    expect(await server.get('/', [['Remote-User', long]])).to.include({ status: 400, code: 'ERR_HEADER_TOO_LONG' });
    for (const [name, value, leftOut, groups] of [
      ['Remote-Name', long, 'display-name', []],
      ['Remote-Email', long, 'email', []],
      ['Remote-Groups', `users,${'x'.repeat(513)}`, 'groups', ['users']],
      ['Remote-Groups', 'x'.repeat(100_000), 'groups', []],
    ] as const) {
      const { assertion, leftOut: told } = await server.get('/', [
        ['Remote-User', 'alice'],
        [name, value],
      ]);
      expect([assertion, told], name).to.deep.equal([{ subject: 'alice', groups }, [leftOut]]);
    }
  });

  it('are refused beyond 1,000 names, even if none of them can be a group', async () => {
    const unusable = Array.from({ length: 1001 }, (_, index) => `$g${index}`).join(',');
    const answer = await server.get('/', [
      ['Remote-User', 'alice'],
      ['Remote-Groups', unusable],
    ]);
    expect(answer).to.include({ status: 400, code: 'ERR_GROUPS_TOO_MANY' });
  });

  it("never reach the app beyond Node's own limit, which answers 431", async () => {
    const usual = await startIdentityServer();
    try {
      const answer = await usual.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', groups(10_000)],
      ]);
      expect(answer.status).to.equal(431);
    } finally {
      await usual.stop();
    }
  });
});
