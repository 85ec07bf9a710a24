// Each rule of the coherence is necessary: without it, the model finds a wrong answer.
import { expect } from 'chai';
import type { StoreRule } from './model/database.js';
import * as faults from './model/faults.js';
import { type Replacement, withMutant } from './model/mutants.js';
import { productIn } from './model/product.js';
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
    name: 'a value is refused where its key was changed since',
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
    name: 'a value is refused where its key was changed since, by a fresh process as well',
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
    without: [
      { file: 'cache/look-up.js', text: 'position: each.position ?? known', by: 'position: coherence.position()' },
    ],
  },
  {
    name: 'a value counts only for the history that it names',
    scenario: scenarios.foreignMemory,
    without: [{ file: knowing, text: `if (rows.get(seq)?.nonce !== nonce)`, by: 'if (false)' }],
  },
  {
    name: 'a value from beyond what is known is not used before that is known',
    scenario: scenarios.foreignMemoryAhead,
    without: [{ file: knowing, text: `return 'ahead';`, by: `return 'holds';` }],
  },
  { name: 'a beat compares the nonce of the latest known row', scenario: scenarios.restored, broken: 'poll-nonce' },
  {
    name: 'whoever has to join again drops what it holds',
    scenario: scenarios.restored,
    without: [
      { file: following, text: 'listener.reset();\n        relying.end();', by: 'relying.end();' },
      { file: following, text: 'listener.reset();\n        void begin(joined);', by: 'void begin(joined);' },
    ],
  },
  {
    name: 'whoever learns of a change drops what it holds from before',
    scenario: scenarios.unheardChange,
    without: [
      {
        file: caching,
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
    name: 'reliance counts from before the beat was asked',
    scenario: scenarios.lateAnswer,
    without: [{ file: following, text: 'relying.renew(asked);', by: 'relying.renew(now());' }],
  },
  {
    name: 'a change waits',
    scenario: scenarios.unheardChange,
    without: [
      { file: caching, text: 'everywhere ? coherence.everywhere() : coherence.refresh()', by: 'coherence.refresh()' },
    ],
  },
  { name: 'only what was applied is acknowledged', scenario: scenarios.answerUnderWay, broken: 'apply-before-ack' },
  {
    name: 'the author knows of its own change before it returns',
    scenario: scenarios.unheardChange,
    without: [
      {
        file: confirming,
        text: '(position === undefined && (await parts.refresh()) && parts.following() === awaited)',
        by: '(position === undefined)',
      },
    ],
  },
  {
    name: 'a process is registered before it reads what it relies on',
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
    name: 'a beat without a row of its own gives no reliance',
    scenario: scenarios.expelledReturns,
    broken: 'row-required',
  },
  {
    name: 'a process is given up only where it has not moved for a whole wait',
    scenario: scenarios.returnsInTime,
    broken: 'expel-compares',
  },
  {
    name: 'a process is given up by the beat that was seen',
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
    name: 'nobody returns early who has joined before all others must have looked',
    scenario: scenarios.startsAfterRestore,
    without: [
      {
        file: following,
        text: 'youngUntil = clock.monotonic() + times.look;\n        lookedAt = asked;\n        waits',
        by: 'youngUntil = 0;\n        lookedAt = asked;\n        waits',
      },
    ],
  },
  {
    name: 'nobody returns early who looked again just now, a reliance after the last time',
    scenario: scenarios.lapsedBeforeRestore,
    without: [
      {
        file: following,
        text: 'if (hasPassed(lookedAt, times.reliance))',
        by: 'if (false)',
      },
    ],
  },
  {
    name: 'whoever looked last is reckoned from when it asked',
    scenario: faults.carriedOutLate,
    without: [
      {
        file: following,
        text: 'lookedAt = asked;\n        apply(',
        by: 'lookedAt = now();\n        apply(',
      },
    ],
  },
  {
    name: 'whoever looked last is reckoned by both clocks',
    scenario: faults.sleptBeforeRestore,
    without: [
      {
        file: following,
        text: 'if (hasPassed(lookedAt, times.reliance))',
        by: 'if (clock.monotonic() - lookedAt.monotonic > times.reliance)',
      },
    ],
  },
  {
    name: 'a beat gives reliance only where it was asked after joining was confirmed',
    scenario: faults.answeredOnceJoined,
    without: [{ file: following, text: 'if (counts)', by: 'if (current.confirmed)' }],
  },
  {
    name: 'a process is given up only by who still follows the same journal',
    scenario: faults.beatComesAgain,
    without: [
      {
        file: confirming,
        text: 'if (parts.following() !== seenBy || !(await parts.refresh()) || parts.following() !== seenBy)',
        by: 'if (false)',
      },
    ],
  },
  {
    name: 'a change waits for whoever may rely the longest, whether or not it hears of them',
    scenario: faults.relyingLonger,
    reliance: 4 * longestReliance,
    without: [{ file: confirming, text: 'let wait = parts.longestWait();', by: 'let wait = parts.wait;' }],
  },
  {
    name: 'a process knows how long somebody may rely before it acknowledges that they joined',
    scenario: faults.relyingLonger,
    reliance: 4 * longestReliance,
    without: [{ file: 'cache/longest-wait.js', text: 'known = false;', by: ';' }],
  },
  {
    name: 'whoever joins again takes the row back that it had',
    scenario: scenarios.joinsAgain,
    without: [{ file: following, text: 'await journal.leave(former);', by: ';' }],
  },
  {
    name: 'nothing is believed of what may have been changed by a statement whose answer was lost',
    scenario: scenarios.answerLost,
    without: [{ file: following, text: 'pending.add(keys);', by: '' }],
  },
  {
    name: 'a doubt ends only with a beat that was asked after it',
    scenario: scenarios.answerLostDuringBeat,
    without: [{ file: 'cache/pending-changes.js', text: 'if (at < asked)', by: '' }],
  },
  {
    name: 'making a user waits, since one of the same name may have been removed',
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
    name: 'whoever joins relies once all others know of it',
    scenario: scenarios.joinedBeforeRestore,
    without: [{ file: following, text: 'confirmed: false', by: 'confirmed: true' }],
  },
  {
    name: 'what was derived from mappings names their contents',
    scenario: scenarios.mappingUndone,
    without: [
      { file: 'resolution/role-mapping.js', text: 'hash: contentsHash(united),', by: 'hash: String(united.size),' },
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
    name: 'the row of everything counts for every key',
    scenario: scenarios.tablesRestored,
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
