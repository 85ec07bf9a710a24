// A promise is awaited for a limited time.
import { expect } from 'chai';
import { within } from '../../../src/directory/cache/time-limit.js';
import { type Simulation, simulation } from './model/simulation.js';

describe('time limit', () => {
  let time: Simulation;
  beforeEach(() => {
    time = simulation(() => {});
  });

  /** What `within` answers, and when. */
  function limited<Value>(milliseconds: number, promise: Promise<Value>): { value?: Value | undefined; at?: number } {
    const outcome: { value?: Value | undefined; at?: number } = {};
    void within(time.host('A', 1).clock, milliseconds, promise).then((value) => {
      Object.assign(outcome, { value, at: time.now() });
    });
    return outcome;
  }

  const never = new Promise<string>(() => {});

  it('returns the value of a promise that is in time', async () => {
    const outcome = limited(100, Promise.resolve('row'));
    await time.run(0);
    expect(outcome).to.deep.equal({ value: 'row', at: 0 });
  });

  it('returns undefined once the time is over, and not earlier', async () => {
    const outcome = limited(100, never);
    await time.run(99);
    expect(outcome).to.deep.equal({});
    await time.run(1);
    expect(outcome.at).to.equal(100);
  });

  it('returns undefined right away if the time is over before it begins', async () => {
    const outcome = limited(-5, never);
    await time.run(1);
    expect(outcome.at).to.be.at.most(1);
  });

  it('rejects as the promise does', async () => {
    const failure = new Error('gone');
    const outcome = within(time.host('A', 1).clock, 100, Promise.reject(failure)).catch((error: unknown) => error);
    await time.run(0);
    expect(await outcome).to.equal(failure);
  });

  it('cancels its timer as soon as the promise settles', async () => {
    let armed = 0;
    const clock = {
      ...time.host('A', 1).clock,
      schedule: () => {
        armed += 1;
        return () => {
          armed -= 1;
        };
      },
    };
    await within(clock, 100, Promise.resolve());
    await within(clock, 100, Promise.reject(new Error('gone'))).catch(() => {});
    expect(armed).to.equal(0);
  });
});
