// What the drivers of SQLite have in common, and how their errors and values differ.
import { expect } from 'chai';
import Database from 'libsql';
import type { SqliteDatabase } from '../../../src/stores/sqlite/database-shapes.js';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { isBusy, sqliteError } from '../../../src/stores/sqlite/sqlite-errors.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { sqliteFiles } from '../../support/sqlite.js';

describe('sqliteError', () => {
  // As the documentation of each driver has it: better-sqlite3 and libsql `code`, node:sqlite `errcode` and `errstr`.
  const better = (code: string) => Object.assign(new Error('said by SQLite'), { code });
  const libsql = (code: string, rawCode: number) => Object.assign(better(code), { rawCode });
  const node = (errcode: number) =>
    Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode, errstr: 'said by SQLite' });
  const cases: readonly (readonly [number, string, string])[] = [
    [5, 'SQLITE_BUSY', 'ERR_DIRECTORY_UNAVAILABLE'],
    [6, 'SQLITE_LOCKED', 'ERR_DIRECTORY_UNAVAILABLE'],
    [8, 'SQLITE_READONLY', 'ERR_DIRECTORY_REFUSED'],
    [10, 'SQLITE_IOERR', 'ERR_DIRECTORY_UNAVAILABLE'],
    [11, 'SQLITE_CORRUPT', 'ERR_DIRECTORY_REFUSED'],
    [13, 'SQLITE_FULL', 'ERR_DIRECTORY_REFUSED'],
    [14, 'SQLITE_CANTOPEN', 'ERR_DIRECTORY_REFUSED'],
    [18, 'SQLITE_TOOBIG', 'ERR_DIRECTORY_VALUE'],
    [19, 'SQLITE_CONSTRAINT', 'ERR_DIRECTORY_VALUE'],
    [23, 'SQLITE_AUTH', 'ERR_DIRECTORY_REFUSED'],
    [26, 'SQLITE_NOTADB', 'ERR_DIRECTORY_REFUSED'],
  ];
  for (const [number, name, code] of cases) {
    it(`takes ${name} of every driver for ${code}`, () => {
      // The low eight bits of an extended code are the primary one: 266 is SQLITE_IOERR_READ.
      const extended = [libsql(`${name}_READ`, number + 256), better(`${name}_OTHER`), node(number + 6 * 256)];
      for (const error of [better(name), libsql(name, number), node(number), ...extended]) {
        const translated = sqliteError(error);
        expect(translated).to.include({ code });
        expect((translated.cause as { readonly code?: string }).code).to.match(new RegExp(`^${name}`));
        expect(isBusy(error)).to.equal(number === 5 || number === 6);
      }
    });
  }

  it('takes a closed handle for ERR_DIRECTORY_UNAVAILABLE, whatever the driver calls it', () => {
    const closed = Object.assign(new Error('database is not open'), { code: 'ERR_INVALID_STATE' });
    for (const error of [closed, new TypeError('The database connection is not open')]) {
      expect(sqliteError(error)).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    }
  });

  it('keeps nothing of the driver’s error but its message, code and stack', () => {
    const error = Object.assign(node(8), { statement: 'secret', params: ['secret'] });
    const { cause } = sqliteError(error);
    expect(Object.keys(cause as object)).to.deep.equal(['code']);
  });
});

describe('sqliteDirectory, with another driver', () => {
  /** A handle that speaks as node:sqlite does, opened with `readBigInts` and `returnArrays`. */
  function likeNode(file: Database.Database): SqliteDatabase {
    return {
      exec: (text) => file.exec(text),
      prepare(text) {
        const statement = file.prepare(text).safeIntegers(true);
        let arrays = true;
        return {
          setReturnArrays: (enabled) => {
            arrays = enabled;
          },
          all: (...params) => {
            expect(params.every((param) => param === null || ['string', 'number'].includes(typeof param))).to.equal(
              true,
            );
            const rows = statement.all(...params);
            return arrays ? rows.map((row) => Object.values(row as object)) : rows;
          },
          run: (...params) => ({ changes: BigInt(statement.run(...params).changes) }),
        };
      },
    };
  }

  it('reads numbers as bigint, and rows that would be arrays', async () => {
    const files = await sqliteFiles();
    try {
      const directory = sqliteDirectory(likeNode(await files.migrated()));
      const created = await directory.provision({ subject: 'ada', groups: ['staff'] }, 'pending');
      expect(created).to.deep.nested.include({ 'user.version': 1, 'user.pending': true, 'user.disabled': false });
      const updated = await directory.updateUser('ada', { pending: false });
      expect(updated).to.deep.include({ version: 2, pending: false });
      expect(updated?.updatedAt).to.be.instanceOf(Date);
      expect(await directory.pruneAudit(new Date('2100-01-01'))).to.equal(1);
      expect((await directory.journal?.note(['a']))?.seq).to.equal(2);
    } finally {
      await files.remove();
    }
  });

  it('refuses at once what is no synchronous handle', () => {
    const promised = { exec: async () => {}, prepare: async () => ({}) };
    const callbacks = { exec() {}, prepare() {}, each() {} };
    const wrong: readonly [unknown, string][] = [
      ['latchkey.db', 'a string'],
      [undefined, 'nothing'],
      [Database, 'a class: create an instance with new'],
      [promised, 'another object'],
      [callbacks, 'another object'],
    ];
    for (const [handle, saw] of wrong) {
      expect(() => sqliteDirectory(handle as SqliteDatabase))
        .to.throw(LatchkeyError, `saw ${saw}.`)
        .with.property('code', 'ERR_CONFIG');
    }
  });
});
