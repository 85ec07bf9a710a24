// The faults of Postgres, and of the network between it and the servers.
import { setTimeout as pause } from 'node:timers/promises';
import { copyDatabase, swapDatabase } from '../../test/faults/swap.js';
import type { TcpProxy } from '../../test/support/tcp-proxy.js';
import { connectionHog } from './connection-hog.js';
import type { Fault } from './fault.js';
import { repeatedly } from './repeatedly.js';
import { makeDurable, type Site } from './site.js';

/** Longer than the outage tolerance, so that servers stop answering from memory. */
const long = 9;
const short = 4;

/** The faults, in the order of the table. */
export function postgresFaults(site: Site): readonly Fault[] {
  const { postgres, database, servers } = site;
  const live = database.options.database ?? '';
  const wires = servers.map(({ wire }) => wire.postgresWire);
  const each = (act: (wire: TcpProxy) => void) => (): void => wires.forEach(act);
  const heal = each((wire) => wire.heal());
  const resets = repeatedly(1000, async () => each((wire) => wire.reset())());
  const hog = connectionHog(site);
  const [first] = wires as [TcpProxy];
  const reload = async (setting: string): Promise<void> => {
    await database.query(`ALTER SYSTEM ${setting}`);
    await database.query('SELECT pg_reload_conf()');
  };
  let copy = '';

  const faults: readonly Omit<Fault, 'keeps'>[] = [
    {
      name: 'Postgres is killed, and starts again at once',
      seconds: 0,
      begin: () => postgres.kill(),
      end: () => postgres.start(),
      stopsDatabase: true,
    },
    {
      name: 'Postgres is killed',
      seconds: long,
      begin: () => postgres.kill(),
      end: () => postgres.start(),
      stopsDatabase: true,
    },
    {
      name: 'Postgres hangs',
      seconds: long,
      begin: () => postgres.freeze(),
      end: () => postgres.thaw(),
      stopsDatabase: true,
    },
    {
      name: 'Postgres is read-only (`default_transaction_read_only`)',
      seconds: long,
      begin: () => reload('SET default_transaction_read_only = on'),
      end: () => reload('RESET default_transaction_read_only'),
    },
    {
      name: 'Postgres has no connections left (`max_connections`)',
      seconds: long,
      begin: hog.begin,
      end: hog.end,
      stopsDatabase: true,
    },
    {
      name: 'Postgres is replaced by a copy that is some seconds old',
      seconds: 0,
      async prepare() {
        copy = await copyDatabase(postgres, live);
        // The changes of this time are not in the copy.
        await pause(3000);
      },
      async begin() {
        await swapDatabase(postgres, live, copy);
        await makeDurable(database, live);
      },
      end: () => {},
      rewindsDatabase: true,
    },
    {
      name: 'Every packet to and from Postgres takes 200 ms',
      seconds: short,
      begin: each((wire) => wire.slow(200)),
      end: heal,
    },
    {
      name: 'The replies of Postgres are lost',
      seconds: short,
      begin: each((wire) => wire.muteAnswers()),
      end: () => {
        each((wire) => wire.cut())();
        heal();
      },
      stopsDatabase: true,
    },
    {
      name: 'The connections to Postgres are reset once a second',
      seconds: short,
      begin: resets.begin,
      end: resets.end,
    },
    {
      name: 'The connections to Postgres are half-open',
      seconds: long,
      begin: each((wire) => wire.abandon()),
      end: () => {},
    },
    { name: 'One server cannot reach Postgres', seconds: long, begin: () => first.cut(), end: () => first.heal() },
    {
      name: 'One server gets no replies of Postgres',
      seconds: long,
      begin: () => first.muteAnswers(),
      end: () => first.heal(),
    },
  ];
  return faults.map((fault) => ({ ...fault, keeps: [] }));
}
