// Adapters for the host's own users table, by the real libraries: knex, TypeORM and libsql on SQLite, Sequelize on
// Postgres.
import 'reflect-metadata';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import knexOf, { type Knex } from 'knex';
import {
  type Directory,
  type HostUsers,
  type Latchkey,
  type LatchkeyEvent,
  latchkey,
  memoryState,
  migrate,
  postgresDirectory,
  sqliteDirectory,
} from 'latchkey';
import libsql from 'libsql';
import { DataTypes, Sequelize } from 'sequelize';
import { DataSource, EntitySchema } from 'typeorm';
import { send } from '../http/client.js';
import { startPostgres } from '../support/postgres.js';
import { type SqliteFiles, sqliteFiles } from '../support/sqlite.js';
import { sqliteHostUsers } from './host-users/better-sqlite3.js';
import { knexHostUsers } from './host-users/knex.js';
import { sequelizeHostUsers, type UserModel } from './host-users/sequelize.js';
import { typeormHostUsers, type UserEntity } from './host-users/typeorm.js';

// Its types do not name this file.
const SqliteClient: typeof Knex.Client = createRequire(import.meta.url)('knex/lib/dialects/better-sqlite3/index.js');

const root = join(import.meta.dirname, '..', '..', '..');

/** A users table as a product has it, with the column that Latchkey needs. */
const table = `CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL UNIQUE,
  full_name TEXT,
  email TEXT,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 1,
  latchkey_id TEXT UNIQUE
)`;
const local = `INSERT INTO users (username, password_hash, role) VALUES ('root', '$2b$10$x', 'admin')`;

interface Row {
  readonly id: number;
  readonly username: string;
  readonly latchkey_id: string | null;
}

/** A host with its table, its adapter and a directory that several instances share. */
interface Host {
  readonly hostUsers: HostUsers;
  readonly directory: () => Directory;
  rows(): Promise<readonly Row[]>;
  close(): Promise<void>;
}

const read = 'SELECT id, username, latchkey_id FROM users ORDER BY id';

async function onSqlite(files: SqliteFiles, adapter: (path: string) => Promise<Omit<Host, 'directory' | 'rows'>>) {
  const database = await files.migrated();
  const path = files.path();
  const own = files.open(path);
  own.exec(table);
  own.exec(local);
  const made = await adapter(path);
  return { ...made, directory: () => sqliteDirectory(database), rows: async () => own.prepare(read).all() as Row[] };
}

const hosts: Readonly<Record<string, (files: SqliteFiles) => Promise<Host>>> = {
  'better-sqlite3 (libsql)': (files) =>
    onSqlite(files, async (path) => ({ hostUsers: sqliteHostUsers(files.open(path)), close: async () => {} })),

  knex: (files) =>
    onSqlite(files, async (filename) => {
      class LibsqlClient extends SqliteClient {
        _driver(): typeof libsql {
          return libsql;
        }
      }
      const knex: Knex = knexOf({ client: LibsqlClient, connection: { filename }, useNullAsDefault: true });
      return { hostUsers: knexHostUsers(knex), close: () => knex.destroy() };
    }),

  TypeORM: (files) =>
    onSqlite(files, async (database) => {
      const text = (name: string, nullable = false) => ({ type: String, name, nullable });
      const User = new EntitySchema<UserEntity>({
        name: 'User',
        tableName: 'users',
        columns: {
          id: { type: Number, primary: true, generated: true },
          username: text('username'),
          fullName: text('full_name', true),
          email: text('email', true),
          passwordHash: text('password_hash'),
          role: text('role'),
          latchkeyId: text('latchkey_id', true),
        },
      });
      const source = new DataSource({ type: 'better-sqlite3', driver: libsql, database, entities: [User] });
      await source.initialize();
      return { hostUsers: typeormHostUsers(source.getRepository(User)), close: () => source.destroy() };
    }),

  Sequelize: async () => {
    const server = await startPostgres();
    const pool = await server.database({ max: 20 });
    await migrate(pool);
    await pool.query(table.replace('INTEGER PRIMARY KEY AUTOINCREMENT', 'serial PRIMARY KEY'));
    await pool.query(local);
    const { host, port, user, database } = pool.options;
    const sequelize = new Sequelize({
      dialect: 'postgres',
      host: host ?? '',
      port: port ?? 0,
      username: user ?? '',
      database: database ?? '',
      logging: false,
    });
    const names = ['username', 'fullName', 'email', 'passwordHash', 'role', 'latchkeyId'];
    const columns = Object.fromEntries(names.map((column) => [column, { type: DataTypes.TEXT }]));
    const options = { tableName: 'users', timestamps: false, underscored: true };
    const User = sequelize.define<UserModel>('User', columns, options);
    return {
      hostUsers: sequelizeHostUsers(User),
      directory: () => postgresDirectory(pool),
      rows: async () => (await pool.query<Row>(read)).rows,
      async close() {
        await sequelize.close();
        await server.stop();
      },
    };
  },
};

describe('adapters for the host’s own users', () => {
  let files: SqliteFiles;
  before(async () => {
    files = await sqliteFiles();
  });
  after(() => files.remove());

  for (const [name, open] of Object.entries(hosts)) {
    describe(name, () => {
      let host: Host;
      const instances: { readonly auth: Latchkey; readonly port: number; close(): void }[] = [];
      const events: LatchkeyEvent[] = [];

      before(async () => {
        host = await open(files);
        for (let index = 0; index < 2; index += 1) {
          const auth = latchkey({
            trustedProxies: ['loopback'],
            headers: 'authelia',
            session: 'none',
            directory: host.directory(),
            state: memoryState(),
            hostUsers: host.hostUsers,
            onEvent: (event) => void events.push(event),
          });
          const app = express();
          app.use(auth.authenticate);
          app.get('/', (req, res) => void res.json({ row: req.principal?.hostUserId ?? null }));
          app.use(auth.problems);
          const server = app.listen(0, '127.0.0.1');
          await once(server, 'listening');
          const address = server.address();
          const port = typeof address === 'object' && address !== null ? address.port : 0;
          instances.push({ auth, port, close: () => void server.close() });
        }
      });
      after(async () => {
        for (const { auth, close } of instances) {
          close();
          await auth.close();
        }
        await host?.close();
      });

      const ask = async (user: string, index = 0) => {
        const answer = await send(instances[index % 2]?.port ?? 0, '/', { user });
        return answer.json?.['row'] ?? answer.json?.['code'] ?? null;
      };

      it('links a new user to one row, for 20 first requests at once at two instances', async () => {
        const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => ask('ada', index)));
        const rows = (await host.rows()).filter(({ username }) => username === 'ada');
        expect(rows).to.have.length(1);
        const [row] = rows;
        expect(new Set(asked)).to.deep.equal(new Set([String(row?.id)]));
        expect((await host.directory().findUser('ada'))?.id).to.equal(row?.latchkey_id);
        expect(events.filter(({ type }) => type === 'user.linked')).to.have.length(1);
        expect(events.filter(({ type }) => type === 'error')).to.deep.equal([]);
      });

      it('does not give the local account to a header, until an administrator links it', async () => {
        expect(await ask('root')).to.equal(null);
        const [account] = await host.rows();
        expect(account).to.include({ username: 'root', latchkey_id: null });
        await instances[0]?.auth.users.link('root', account?.id ?? 0);
        expect(await ask('root')).to.equal(String(account?.id));
      });

      it('returns the row of another account that is there at `create`, unchanged', async () => {
        const user = { userId: crypto.randomUUID(), subject: 'root', roles: new Set<string>() };
        const row = await host.hostUsers.create(user);
        expect(row?.createdFor).to.equal(null);
        expect(await host.hostUsers.find('nobody')).to.be.oneOf([null, undefined]);
      });
    });
  }

  it('have at most 50 lines each, and docs/host-users.md has them as they are', () => {
    const folder = join(root, 'test', 'examples', 'host-users');
    const page = readFileSync(join(root, 'docs', 'host-users.md'), 'utf8');
    for (const file of readdirSync(folder)) {
      const [, ...lines] = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
      expect(lines.length, file).to.be.at.most(50);
      expect(page, file).to.contain(lines.join('\n'));
    }
  });
});
