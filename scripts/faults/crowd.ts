// A fault during which many connections send requests.
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresServer } from '../../test/support/postgres.js';
import type { RedisServer } from '../../test/support/redis.js';
import type { Fault } from './fault.js';
import type { Asking } from './mix.js';

const connections = 200;
const seconds = 60;

/** The time between two requests of a connection. */
const thinkMilliseconds = 2000;

/** Redis and Postgres restart at the same time, under the load of many connections. */
export function restartsInACrowd(postgres: PostgresServer, redis: RedisServer): Fault {
  let present = false;
  let began = 0;
  let crowd: Promise<unknown> = Promise.resolve();

  async function connection(asking: Asking): Promise<void> {
    const { servers } = asking.site;
    const { people } = asking.truth;
    await pause(randomInt(thinkMilliseconds));
    while (present) {
      const server = servers[randomInt(servers.length)];
      const who = people[randomInt(people.length)];
      if (server === undefined || who === undefined) throw new Error('There are servers and people');
      await asking.ask(randomInt(2) === 0 ? 'header' : 'token', server, who);
      await pause(thinkMilliseconds);
    }
  }

  return {
    name: `Redis and Postgres restart while ${connections} connections send requests for ${seconds} s`,
    seconds: 0,
    async prepare(asking) {
      present = true;
      began = performance.now();
      crowd = Promise.all(Array.from({ length: connections }, () => connection(asking)));
      await pause((seconds * 1000) / 3);
    },
    begin: () => Promise.all([redis.kill(), postgres.kill()]),
    end: () => Promise.all([redis.restart(), postgres.start()]),
    async finish() {
      await pause(Math.max(0, began + seconds * 1000 - performance.now()));
      present = false;
      await crowd;
    },
    losesRedisData: true,
    stopsDatabase: true,
    keeps: [],
  };
}
