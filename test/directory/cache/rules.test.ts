// Each rule of the coherence is necessary: without it, the model finds a wrong answer.
import { expect } from 'chai';
import type { StoreRule } from './model/database.js';
import * as faults from './model/faults.js';
import { type Replacement, withMutant } from './model/mutants.js';
import { productIn } from './model/product.js';
import * as restores from './model/restores.js';
import * as scenarios from './model/scenarios.js';
import { longestReliance, stage } from './model/stage.js';

interface Rule {
  readonly name: string;
  readonly scenario: scenarios.Scenario;
  /** Default: the longest with the default settings. */
  readonly reliance?: number;
  /** Replacements in the product that remove the rule. */
  readonly without?: readonly Replacement[];
  /** The rule of the database that is broken instead. */
  readonly broken?: StoreRule;
}

const following = 'cache/journal-coherence.js';
const confirming = 'cache/propagation.js';
const relying = 'cache/reliance.js';
const knowing = 'cache/known-journal.js';
const caching = 'cache/principal-cache.js';
const observing = 'cache/cache-observers.js';

const rules: readonly Rule[] = [
  {
    name: 'the journal row is written by the transaction of the change',
    scenario: scenarios.authorKilled,
    broken: 'same-transaction',
  },
  {
    name: 'the journal row is written by the transaction of a login',
    scenario: scenarios.loginKilled,
    broken: 'same-transaction',
  },
  { name: 'positions are given in the order of commits', scenario: scenarios.commitsOvertake, broken: 'commit-order' },
  {
    name: 'the end of a login waits for every process',
    scenario: scenarios.unheardEndOfLogin,
    without: [
      {
        file: 'resolution/login-ends.js',
        text: 'everywhere ? cache.writeThenInvalidate(keys, write) : cache.writeThenNotify(keys, write)',
        by: 'cache.writeThenNotify(keys, write)',
      },
    ],
  },
  {
    name: 'a value is rejected if its key has changed since',
    scenario: scenarios.olderMemory,
    without: [
      {
        file: knowing,
        text: `return changed(journalKeys.everything) || keys.some(changed) ? 'outdated' : 'holds';`,
        by: `return 'holds';`,
      },
    ],
  },
  {
    name: 'a value is rejected if its key has changed since, also by a new process',
    scenario: scenarios.olderMemoryFreshProcess,
    without: [
      {
        file: knowing,
        text: `return changed(journalKeys.everything) || keys.some(changed) ? 'outdated' : 'holds';`,
        by: `return 'holds';`,
      },
    ],
  },
  {
    name: 'a value has the position of the snapshot that it was read in',
    scenario: scenarios.overtakenReading,
    broken: 'exact-position',
  },
  {
    name: 'a value keeps the position that it was read with',
    scenario: scenarios.overtakenReading,
    without: [{ file: 'cache/look-up.js', text: 'position: own ?? known', by: 'position: coherence.position()' }],
  },
  {
    name: 'a value is valid only in the history that it names',
    scenario: scenarios.foreignMemory,
    without: [{ file: knowing, text: `if (rows.get(seq)?.nonce !== nonce)`, by: 'if (false)' }],
  },
  {
    name: 'a value with a position ahead of the known journal is not used before that position is known',
    scenario: scenarios.foreignMemoryAhead,
    without: [{ file: knowing, text: `return 'ahead';`, by: `return 'holds';` }],
  },
  { name: 'a beat compares the nonce of the latest known row', scenario: restores.restored, broken: 'poll-nonce' },
  {
    name: 'a process that has to join again drops its entries',
    scenario: restores.restored,
    without: [
      { file: following, text: 'listener.reset();\n        relying.end();', by: 'relying.end();' },
      { file: following, text: 'listener.reset();\n        void begin(joined);', by: 'void begin(joined);' },
    ],
  },
  {
    name: 'a process that learns of a change drops its older entries',
    scenario: scenarios.unheardChange,
    without: [
      {
        file: observing,
        text: 'return reset();\n            for (const key of keys)\n                local.drop(key);',
        by: 'return reset();',
      },
    ],
  },
  {
    name: 'memory answers only while the process relies on it',
    scenario: scenarios.cutOff,
    without: [
      {
        file: relying,
        text: 'clock.monotonic() < until.monotonic && clock.wall() < until.wall',
        by: 'until !== never',
      },
    ],
  },
  {
    name: 'reliance counts from before the beat was sent',
    scenario: scenarios.lateAnswer,
    without: [{ file: following, text: 'relying.renew(asked);', by: 'relying.renew(momentOf(clock));' }],
  },
  {
    name: 'a change waits for the other processes',
    scenario: scenarios.unheardChange,
    without: [
      { file: caching, text: 'everywhere ? coherence.everywhere() : coherence.refresh()', by: 'coherence.refresh()' },
    ],
  },
  { name: 'only what was applied is acknowledged', scenario: scenarios.answerUnderWay, broken: 'apply-before-ack' },
  {
    name: 'the author of a change applies it before it returns',
    scenario: scenarios.unheardChange,
    without: [
      {
        file: confirming,
        text: '(position === undefined && (await parts.refresh()) && parts.member() === awaited)',
        by: '(position === undefined)',
      },
    ],
  },
  {
    name: 'a process is registered before the read that it relies on',
    scenario: scenarios.registersLate,
    // Nothing relies on what was read on joining, so this replacement is necessary as well.
    without: [
      {
        file: following,
        text: 'void begin(joined);',
        by: 'joined.confirmed = true; relying.renew(asked);',
      },
    ],
    broken: 'register-first',
  },
  {
    name: 'a beat of an unregistered process gives no reliance',
    scenario: scenarios.expelledReturns,
    broken: 'row-required',
  },
  {
    name: 'a process is expelled only if its beat has not changed for a whole wait',
    scenario: scenarios.returnsInTime,
    broken: 'expel-compares',
  },
  {
    name: 'a process is expelled by the beat that was read',
    scenario: scenarios.returnsInTime,
    without: [
      {
        file: confirming,
        text: 'journal.leave(id, beat)',
        by: 'journal.leave(id)',
      },
    ],
  },
  {
    name: 'a process that joined before all others must have read the journal does not return early',
    scenario: restores.startsAfterRestore,
    without: [
      {
        file: following,
        text: 'youngUntil = clock.monotonic() + times.look;\n        lookedAt = asked;\n        waits',
        by: 'youngUntil = 0;\n        lookedAt = asked;\n        waits',
      },
    ],
  },
  {
    name: 'a process that read the journal again after more than a reliance does not return early',
    scenario: restores.lapsedBeforeRestore,
    without: [
      {
        file: following,
        text: 'if (hasPassed(clock, lookedAt, times.reliance))',
        by: 'if (false)',
      },
    ],
  },
  {
    name: 'the time of the last read counts from its start',
    scenario: faults.carriedOutLate,
    without: [
      {
        file: following,
        text: 'lookedAt = asked;\n        apply(',
        by: 'lookedAt = momentOf(clock);\n        apply(',
      },
    ],
  },
  {
    name: 'the time since the last read is measured by both clocks',
    scenario: faults.sleptBeforeRestore,
    without: [
      {
        file: following,
        text: 'if (hasPassed(clock, lookedAt, times.reliance))',
        by: 'if (clock.monotonic() - lookedAt.monotonic > times.reliance)',
      },
    ],
  },
  {
    name: 'a beat gives reliance only if it was sent after the join was confirmed',
    scenario: faults.answeredOnceJoined,
    without: [{ file: following, text: 'if (counts)', by: 'if (current.confirmed)' }],
  },
  {
    name: 'a process is expelled only by a process that still follows the same journal',
    scenario: faults.beatComesAgain,
    without: [
      {
        file: confirming,
        text: 'if (parts.member() !== member || !(await parts.refresh()) || parts.member() !== member)',
        by: 'if (false)',
      },
    ],
  },
  {
    name: 'a change waits for the process with the longest reliance, even if it does not see that process',
    scenario: faults.relyingLonger,
    reliance: 4 * longestReliance,
    without: [{ file: confirming, text: 'let wait = parts.longestWait();', by: 'let wait = parts.wait;' }],
  },
  {
    name: 'a process knows the wait of another one before it acknowledges its join',
    scenario: faults.relyingLonger,
    reliance: 4 * longestReliance,
    without: [{ file: 'cache/longest-wait.js', text: 'known = false;', by: ';' }],
  },
  {
    name: 'a process that joins again removes its former row',
    scenario: restores.joinsAgain,
    without: [{ file: following, text: 'await journal.leave(former);', by: ';' }],
  },
  {
    name: 'data that a statement with a lost answer may have changed is not used',
    scenario: scenarios.answerLost,
    without: [{ file: following, text: 'pending.add(keys);', by: '' }],
  },
  {
    name: 'a pending change is settled only by a beat that was sent after it',
    scenario: scenarios.answerLostDuringBeat,
    without: [{ file: 'cache/pending-changes.js', text: 'if (at < asked)', by: '' }],
  },
  {
    name: 'creating a user waits, since a user with the same subject may have been removed',
    scenario: faults.madeAgain,
    without: [
      {
        file: 'administration/user-administration.js',
        text: 'await cache.writeThenInvalidate([journalKeys.user(checked.subject)], async () => {\n                const row',
        by: 'await (async (_keys, write) => write())([], async () => {\n                const row',
      },
    ],
  },
  {
    name: 'a joining process relies on its entries only once all others know of it',
    scenario: restores.joinedBeforeRestore,
    without: [{ file: following, text: 'confirmed: false', by: 'confirmed: true' }],
  },
  {
    name: 'data derived from mappings names their contents',
    scenario: restores.mappingUndone,
    without: [
      {
        file: 'resolution/role-mapping.js',
        text: 'hash: contentsHash(united, configured.defaultRoles),',
        by: 'hash: String(united.size),',
      },
    ],
  },
  {
    name: 'a change that finds nothing to do waits as well',
    scenario: scenarios.repeated,
    without: [
      {
        file: caching,
        text: 'await settle();\n        return result;',
        by: 'if (result?.length !== 0) await settle();\n        return result;',
      },
    ],
  },
  {
    name: 'a row for everything applies to every key',
    scenario: restores.tablesRestored,
    without: [
      { file: knowing, text: 'changed(journalKeys.everything) || keys.some(changed)', by: 'keys.some(changed)' },
    ],
  },
];

describe('rules of coherence', () => {
  for (const { name, scenario, reliance, without = [], broken } of rules) {
    it(`needs: ${name}`, async () => {
      const kept = stage(await productIn(), [], reliance);
      await scenario(kept);
      expect(kept.violations, kept.trace.join('\n')).to.deep.equal([]);
      await withMutant(without, async (mutant) => {
        const breaking = stage(mutant, broken === undefined ? [] : [broken], reliance);
        await scenario(breaking);
        expect(breaking.violations, breaking.trace.join('\n')).not.to.deep.equal([]);
      });
    });
  }
});
