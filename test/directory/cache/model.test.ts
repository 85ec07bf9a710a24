// Several processes, one database, one shared state and arbitrary failures: no answer is older than a change. `npm run
// test:model` makes many different runs. MODEL_RUNS and MODEL_SEED set their number and repeat them.
import fc from 'fast-check';
import { productIn } from './model/product.js';
import { play } from './model/run.js';
import { runs } from './model/steps.js';

const { MODEL_RUNS = '20', MODEL_SEED = '1' } = process.env;
const numRuns = Number(MODEL_RUNS);
const seed = MODEL_SEED === 'random' ? Date.now() % 2 ** 31 : Number(MODEL_SEED);

describe('model of several processes', () => {
  for (const steps of [30, 70, 150]) {
    it(`finds no answer from before a change in runs of up to ${steps} steps`, async () => {
      const product = await productIn();
      // The message of a failure contains its seed and path, and the events of the smallest failing run.
      await fc.assert(
        fc.asyncProperty(runs(steps), (run) => play(product, run)),
        { seed, numRuns },
      );
    }).timeout(6000 * numRuns);
  }

  for (const following of ['time', 'memory'] as const) {
    it(`finds none if the caches use ${following === 'time' ? 'time alone' : 'a journal in memory'}`, async () => {
      const product = await productIn();
      await fc.assert(
        fc.asyncProperty(runs(100), (run) => play(product, run, { following })),
        { seed, numRuns },
      );
    }).timeout(6000 * numRuns);
  }
});
