// The own-directory example in a host that continues to use its own users table.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import { type Directory, type Latchkey, latchkey, memoryState } from 'latchkey';
import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { type Answer, type Ask, send, sessionSecret } from '../http/client.js';
import { type MariadbServer, startMariadb } from '../support/mariadb.js';
import { type OwnAccounts, ownAccounts } from '../support/own-accounts.js';
import { refusal, rowOf } from '../support/people.js';
import { accountsDirectory } from './own-directory/accounts-directory.js';

const hash = '$2y$10$abcdefghijklmnopqrstuuJ0n5rLJ9vOV1pZbXhYxV0mJqkQm3m2S';
// The escapes that PHP's json_encode writes.
const rights = String.raw`["\u00e9diteur", "admin"]`;
const hostColumns =
  'id, login, full_name, mail, password_hash, is_active, CAST(rights AS CHAR) AS rights, theme, created_at, updated_at';

describe('a host with its own users table', () => {
  let server: MariadbServer;
  let accounts: OwnAccounts;
  let directory: Directory;
  let auth: Latchkey;
  let ask: (path: string, what?: Ask) => Promise<Answer>;
  let stop: () => Promise<void>;
  let former: readonly RowDataPacket[];

  async function rowsOf(where: string, columns = hostColumns): Promise<readonly RowDataPacket[]> {
    return (
      await accounts.host.query<RowDataPacket[]>(`SELECT ${columns} FROM accounts WHERE ${where} ORDER BY id`)
    )[0];
  }
  const seeded = `login IN ('root', 'Ghost')`;

  before(async () => {
    server = await startMariadb();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    accounts = await ownAccounts(server, async (host) => {
      await host.query(
        `INSERT INTO accounts (login, full_name, mail, password_hash, is_active, rights, theme, created_at, updated_at)
        VALUES ('root', 'Roote', 'ada@example.com', ?, 1, ?, 'light', '2019-05-01 10:00:00', '2020-06-01 10:00:00'),
          ('Ghost', '', NULL, ?, 0, '[]', 'dark', '2019-05-01 10:00:00', '2020-06-01 10:00:00')`,
        [hash, rights, hash],
      );
      await host.query(`INSERT INTO playlists (account_id, title) SELECT id, 'Favourites' FROM accounts`);
      former = (await host.query<RowDataPacket[]>(`SELECT ${hostColumns} FROM accounts ORDER BY id`))[0];
    });
    directory = accountsDirectory(accounts.pool);
    auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      session: 'every-request',
      unguardedPaths: ['/api'],
      directory,
      state: memoryState(),
    });
    const app = express();
    app.use(session({ store: new MemoryStore(), secret: sessionSecret, resave: false, saveUninitialized: false }));
    app.use(auth.authenticate);
    app.get(['/who', '/api/who'], auth.requireLogin(), (req, res) => {
      res.json({ subject: req.principal?.subject, roles: [...(req.principal?.roles ?? [])].sort() });
    });
    // The host's own login, which finds the account by itself.
    app.post('/api/password', async (req, res) => {
      const [row] = await rowsOf(`login = 'root'`, 'latchkey_id, password_hash');
      if (row?.['password_hash'] !== hash) throw new Error('The host knows this password');
      await auth.signIn(req, row['latchkey_id']);
      res.json({});
    });
    app.use(auth.problems);
    const listening = app.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    ask = (path, what = {}) => send(port, path, what);
    stop = async () => {
      listening.closeAllConnections();
      listening.close();
      await auth.close();
      await accounts.close();
    };
  });
  afterEach(() => stop());

  it('logs in users of the proxy, maps their groups, and refuses them after they are disabled', async () => {
    const ada = { user: 'ada', groups: 'staff' };
    expect((await ask('/who', ada)).json).to.deep.equal({ subject: 'ada', roles: [] });
    await auth.mappings.set('sta*', ['listener']);
    expect((await ask('/who', ada)).json).to.deep.equal({ subject: 'ada', roles: ['listener'] });
    await auth.users.addRoles('ada', ['éditeur'], { by: { subject: 'root' } });
    expect((await ask('/who', ada)).json?.['roles']).to.deep.equal(['listener', 'éditeur']);
    await auth.users.disable('ada', { by: { subject: 'root' } });
    expect((await ask('/who', ada)).json?.['code']).to.equal('ERR_ACCOUNT_DISABLED');
    const trail = await auth.audit.list({ actor: 'root' });
    expect(trail.map(({ action, subject }) => [action, subject])).to.deep.equal([
      ['user.changed', 'ada'],
      ['user.changed', 'ada'],
    ]);
    expect(await rowsOf(seeded)).to.deep.equal(former);
  });

  it('creates accounts that the host’s own code can use', async () => {
    await ask('/who', { user: 'ada', headers: { 'Remote-Name': 'Ada Lovelace', 'Remote-Email': 'ada@example.com' } });
    const [row] = await rowsOf(`login = 'ada'`);
    expect(row).to.deep.include({
      full_name: 'Ada Lovelace',
      mail: 'ada@example.com',
      password_hash: '!',
      is_active: 1,
      rights: '[]',
      theme: 'dark',
    });
    await accounts.host.query(`INSERT INTO playlists (account_id, title) VALUES (?, 'Morning')`, [row?.['id']]);
    await auth.users.delete('ada');
    expect((await accounts.host.query<RowDataPacket[]>('SELECT title FROM playlists'))[0]).to.have.length(2);
    expect(await rowsOf(seeded)).to.deep.equal(former);
  });

  it('has its existing accounts as local users with their rights, which no header can take over', async () => {
    const [ghost, root] = await auth.users.list({ authMethod: 'local' });
    expect(ghost).to.deep.include({ subject: 'Ghost', disabled: true, grantedRoles: [], version: 1 });
    expect(root).to.deep.include({ subject: 'root', displayName: 'Roote', disabled: false });
    expect(root?.grantedRoles).to.deep.equal(['admin', 'éditeur']);
    expect(ghost).not.to.have.property('displayName');
    expect(await auth.users.list({ role: 'éditeur' })).to.have.length(1);
    expect((await ask('/who', { user: 'root', groups: 'staff' })).status).to.equal(401);
    expect(await refusal(auth.users.disable('root'))).to.equal('ERR_LAST_ADMINISTRATOR');
    expect(await rowsOf(seeded)).to.deep.equal(former);
  });

  it('keeps its own password login, and its rights are the roles', async () => {
    const { cookie } = await ask('/api/password', { method: 'POST' });
    expect((await ask('/who', { cookie })).json).to.deep.equal({ subject: 'root', roles: ['admin', 'éditeur'] });
  });

  it('can change a row itself and call invalidate', async () => {
    const { cookie } = await ask('/api/password', { method: 'POST' });
    const seen = await auth.users.find('root');
    await ask('/who', { cookie });
    await accounts.host.query(`UPDATE accounts SET full_name = 'ROOTE', is_active = 0 WHERE login = 'root'`);
    await auth.invalidate('root');
    expect((await ask('/who', { cookie })).status).to.equal(401);
    // An administrator whose page still shows the old row cannot undo this change.
    const late = auth.users.enable('root', { version: seen.version });
    expect(await refusal(late)).to.equal('ERR_VERSION');
  });

  it('can change only the case of a value, which counts as a change', async () => {
    await accounts.host.query(`UPDATE accounts SET full_name = 'ROOTE' WHERE login = 'root'`);
    expect(await auth.users.find('root')).to.deep.include({ displayName: 'ROOTE', version: 2 });
    await accounts.host.query(`UPDATE accounts SET theme = 'blue' WHERE login = 'root'`);
    expect((await auth.users.find('root')).version).to.equal(2);
  });

  it('can insert accounts without values for Latchkey’s columns', async () => {
    await accounts.host.query(`INSERT INTO accounts (login, password_hash) VALUES ('eve', ?), ('Eve', ?)`, [
      hash,
      hash,
    ]);
    const made = await auth.users.list({ search: 'eve' });
    expect(made.map(({ subject, authMethod }) => [subject, authMethod])).to.deep.equal([
      ['Eve', 'local'],
      ['eve', 'local'],
    ]);
    expect(new Set(made.map(({ id }) => id)).size).to.equal(2);
  });

  it('sees no changed row and no used id after a login', async () => {
    // Without the position, because the server joins the journal meanwhile and adds a row.
    const user = async () => (await rowOf(directory, 'ada')) ?? expect.fail();
    await directory.provision({ subject: 'ada', groups: ['staff'] }, 'active');
    await accounts.host.query(`UPDATE accounts SET updated_at = '2020-06-01 10:00:00' WHERE login = 'ada'`);
    const seen = await user();
    for (let login = 0; login < 5; login += 1) {
      await directory.provision({ subject: 'ada', groups: ['staff'] }, 'active');
      await directory.touchUsers([{ userId: seen.id, lastAssertedAt: new Date(login) }]);
    }
    expect(await user()).to.deep.equal({ ...seen, lastAssertedAt: new Date(4) });
    const [ada] = await rowsOf(`login = 'ada'`);
    const [{ insertId }] = await accounts.host.query<ResultSetHeader>(
      `INSERT INTO accounts (login, password_hash) VALUES ('bob', '${hash}')`,
    );
    expect(insertId).to.equal(ada?.['id'] + 1);
  });

  it('keeps an account that another unique key of its table protects', async () => {
    await accounts.host.query('ALTER TABLE accounts ADD UNIQUE KEY accounts_mail (mail)');
    const assertion = { subject: 'ada', email: 'ada@example.com' };
    expect(await refusal(directory.provision(assertion, 'active'))).to.equal('ERR_DIRECTORY_VALUE');
    expect(await rowsOf(seeded)).to.deep.equal(former);
  });
});
