// Breaks everything that Latchkey depends on, one thing after the other, while users go on asking. Writes the table of
// docs/reliability.md. Run it with `npm run test:faults`; arguments select faults by parts of their names.
import { startRedis } from '../../test/support/redis.js';
import { type Fault, faultsOn, type Row } from './fault.js';
import { redisFaults } from './redis-faults.js';
import { failuresOf, tableOf } from './report.js';
import { startSite } from './site.js';
import { establishTruth } from './truth.js';

const selected = process.argv.slice(2);
const isSelected = ({ name }: Pick<Fault, 'name'>): boolean =>
  selected.length === 0 || selected.some((part) => name.includes(part));

/** Runs the selected faults on a site of their own. */
async function onSingleRedis(): Promise<readonly Row[]> {
  const redis = await startRedis();
  const site = await startSite(redis);
  try {
    const faults = await redisFaults(site, redis);
    const run = await faultsOn(site, await establishTruth(site));
    const rows: Row[] = [];
    for (const fault of faults.filter(isSelected)) {
      const row = await run.run(fault);
      rows.push(row);
      console.log(tableOf([row]).split('\n').at(-1));
      for (const failure of failuresOf([row])) console.error(failure);
    }
    await run.stop();
    return rows;
  } finally {
    await site.stop();
    await redis.stop();
  }
}

const rows = await onSingleRedis();
console.log(tableOf(rows));
process.exitCode = failuresOf(rows).length === 0 ? 0 : 1;
