// test/attacks: H21, thousands of groups, and headers as long as Node takes them.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

const groups = (count: number): string => Array.from({ length: count }, (_, index) => `g${index}`).join(',');

describe('H21: very many groups and very long values', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({}, { http: { maxHeaderSize: 128 * 1024 } });
  });
  after(() => server.stop());

  it('are read up to 1,000 groups and refused beyond', async () => {
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

  it('are refused when a single value is too long', async () => {
    const long = 'x'.repeat(256);
    for (const [name, value] of [
      ['Remote-User', long],
      ['Remote-Name', long],
      ['Remote-Email', long],
      ['Remote-Groups', `users,${long}`],
      ['Remote-Groups', 'x'.repeat(100_000)],
    ] as const) {
      const user = name === 'Remote-User' ? [] : [['Remote-User', 'alice'] as const];
      const answer = await server.get('/', [...user, [name, value]]);
      expect(answer, name).to.include({ status: 400, code: 'ERR_HEADER_TOO_LONG' });
    }
  });

  it("never reach an app beyond Node's own limit, which answers 431", async () => {
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
