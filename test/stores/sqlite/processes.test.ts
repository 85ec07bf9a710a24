// Several processes on one SQLite file, by libsql.
import { migrate } from '../../../src/stores/migrate.js';
import { sqliteDirectory } from '../../../src/stores/sqlite/sqlite-directory.js';
import { type SqliteFiles, sqliteFiles } from '../../support/sqlite.js';
import { storeRaces } from '../store-races.js';

for (const mode of ['WAL', 'DELETE']) {
  describe(`sqliteDirectory in several processes, with journal_mode ${mode}`, () => {
    let files: SqliteFiles;
    let path: string;
    before(async () => {
      files = await sqliteFiles();
    });
    after(() => files.remove());

    storeRaces({
      async open() {
        path = files.path();
        const handle = files.open(path);
        handle.exec(`PRAGMA journal_mode = ${mode}`);
        await migrate(handle);
        return sqliteDirectory(handle);
      },
      place: () => ({ path }),
      // COMMIT of the look; the row, its keys twice, the entry, the head, the journal's row, and COMMIT.
      steps: 8,
    });
  });
}
