// One look-up at a time for each key, and no caller gets an answer from before its call.
import { expect } from 'chai';
import { singleFlight } from '../../../src/directory/cache/single-flight.js';

function work() {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const run = (name: string) => () =>
    new Promise<string>((resolve) => {
      started.push(name);
      ends.push(() => resolve(name));
    });
  return { started, run, end: (index: number) => ends[index]?.() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('singleFlight', () => {
  it('shares one run among all concurrent calls for the same variant', async () => {
    const flight = singleFlight<string>();
    const { started, run, end } = work();
    const asked = Array.from({ length: 100 }, () => flight.run('alice', 'x', run('x')));
    await settle();
    expect(started).to.deep.equal(['x']);
    end(0);
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set(['x']));
  });

  it('starts another run for calls that arrive while one runs', async () => {
    const flight = singleFlight<string>();
    const { started, run, end } = work();
    const first = flight.run('alice', 'x', run('first'));
    await settle();
    const late = [flight.run('alice', 'x', run('second')), flight.run('alice', 'x', run('third'))];
    await settle();
    expect(started).to.deep.equal(['first']);
    end(0);
    expect(await first).to.equal('first');
    await settle();
    expect(started).to.deep.equal(['first', 'second']);
    end(1);
    expect(await Promise.all(late)).to.deep.equal(['second', 'second']);
  });

  it('runs different variants of one key one after the other', async () => {
    const flight = singleFlight<string>();
    const { started, run, end } = work();
    const both = [flight.run('alice', 'a', run('a')), flight.run('alice', 'b', run('b'))];
    await settle();
    expect(started).to.deep.equal(['a']);
    end(0);
    await settle();
    end(1);
    expect(await Promise.all(both)).to.deep.equal(['a', 'b']);
  });

  it('does not let one key wait for another', async () => {
    const flight = singleFlight<string>();
    const { started, run, end } = work();
    const both = [flight.run('alice', 'x', run('alice')), flight.run('bob', 'x', run('bob'))];
    await settle();
    expect(started).to.deep.equal(['alice', 'bob']);
    end(0);
    end(1);
    await Promise.all(both);
  });

  it('continues after a failure, which only the callers of that run receive', async () => {
    const flight = singleFlight<string>();
    const failing = [1, 2].map(() => flight.run('alice', 'x', async () => Promise.reject(new Error('away'))));
    const next = flight.run('alice', 'y', async () => 'y');
    for (const each of failing) expect(await each.catch((error: Error) => error.message)).to.equal('away');
    expect(await next).to.equal('y');
    expect(await flight.run('alice', 'x', async () => 'again')).to.equal('again');
  });
});
