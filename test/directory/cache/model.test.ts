// Several processes, one database and one shared state, and whatever can go wrong: no answer is from before a change.
// `npm run test:model` makes many runs, each time others; MODEL_RUNS and MODEL_SEED make as many, and the same again.
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
      // Seed and path of a failure are in its message, and what happened in the smallest run that fails.
      await fc.assert(
        fc.asyncProperty(runs(steps), (run) => play(product, run)),
        { seed, numRuns },
      );
    }).timeout(6000 * numRuns);
  }

  for (const following of ['time', 'memory'] as const) {
    it(`finds none either where the caches go by ${following === 'time' ? 'time alone' : 'a journal in memory'}`, async () => {
      const product = await productIn();
      await fc.assert(
        fc.asyncProperty(runs(100), (run) => play(product, run, { following })),
        { seed, numRuns },
      );
    }).timeout(6000 * numRuns);
  }
});
