// Generates runs with fast-check, which shrinks a failing run.
import fc from 'fast-check';
import type { Run, Step } from './run.js';

const process = fc.nat(3);
const which = fc.nat(16);

const pass: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('pass'),
  milliseconds: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 3, arbitrary: fc.integer({ min: 20, max: 1500 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1500, max: 9000 }) },
  ),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: pass },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('read'), process, question: fc.nat(3), groups: fc.nat(3) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('change'), process, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('notice'), process, which: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('kill'), process, drop: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('start'), process, rate: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat'), process }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close'), process }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('stop', 'suspend'), process }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('resume'), process }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('link'),
      process,
      state: fc.constantFrom('up', 'up', 'up', 'cut', 'silent', 'deaf', 'late'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wall'), process, milliseconds: fc.integer({ min: -20_000, max: 20_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('backup') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('restore', 'restore-tables'), which: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace') }) },
) as fc.Arbitrary<Step>;

/** Any run of at most this many steps. */
export function runs(maxLength: number): fc.Arbitrary<Run> {
  return fc.record({
    seed: fc.nat(),
    roughness: fc.constantFrom(0, 0.3, 1),
    steps: fc.array(step, { minLength: 5, maxLength, size: 'max' }),
  });
}
