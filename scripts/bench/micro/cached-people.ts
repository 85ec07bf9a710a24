// Measures the memory that the process uses for each cached user.
import { migrate, redisState, sqliteDirectory } from '../../../src/index.js';
import { startRedis } from '../../../test/support/redis.js';
import { sqliteFiles } from '../../../test/support/sqlite.js';
import { benchLatchkey, latchkeyHost, paths } from '../hosts.js';
import { subjectOf } from '../people.js';
import { headerRequest, newStrings } from '../requests.js';
import { exchange } from './exchange.js';
import { usedHeap } from './garbage.js';

const mebibyte = 2 ** 20;

/** Logs in this many users by header. The directory and the shared state are outside of the measured heap. */
export async function cachedPeople(count: number): Promise<string> {
  const files = await sqliteFiles();
  const redis = await startRedis();
  const database = await files.migrated();
  await migrate(database);
  const auth = benchLatchkey({ directory: sqliteDirectory(database), state: redisState(redis.client()) });
  try {
    const { run } = exchange(latchkeyHost(auth));
    let next = 0;
    const everybody = {
      next() {
        next += 1;
        return newStrings(headerRequest(paths.guarded, subjectOf(next))).next();
      },
    };
    const again = newStrings(headerRequest(paths.guarded, subjectOf(0)));
    await run(again, 20_000);
    const before = await usedHeap();
    await run(everybody, count);
    await run(again, 20_000);
    const bytes = (await usedHeap()) - before;
    const each = Math.round(bytes / count);
    return `${count} cached users: ${(bytes / mebibyte).toFixed(1)} MiB, ${each} bytes each (target: at most 524 bytes)`;
  } finally {
    await auth.close();
    await redis.stop();
    await files.remove();
  }
}
