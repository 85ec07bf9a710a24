// directory/singleFlight: one look-up at a time, and nobody gets an answer that is older than the question.
import { expect } from 'chai';
import { singleFlight } from '../../src/directory/cache/single-flight.js';

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
  it('shares one run among all who ask for the same at once', async () => {
    const { enter } = singleFlight<string>();
    const { started, run, end } = work();
    const asked = Array.from({ length: 100 }, () => enter('alice', 'x', run('x')));
    await settle();
    expect(started).to.deep.equal(['x']);
    end(0);
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set(['x']));
  });

  it('gives those who come while it runs a run of their own', async () => {
    const { enter } = singleFlight<string>();
    const { started, run, end } = work();
    const first = enter('alice', 'x', run('first'));
    await settle();
    const late = [enter('alice', 'x', run('second')), enter('alice', 'x', run('third'))];
    await settle();
    expect(started).to.deep.equal(['first']);
    end(0);
    expect(await first).to.equal('first');
    await settle();
    expect(started).to.deep.equal(['first', 'second']);
    end(1);
    expect(await Promise.all(late)).to.deep.equal(['second', 'second']);
  });

  it('keeps different work in a lane apart, one after the other', async () => {
    const { enter } = singleFlight<string>();
    const { started, run, end } = work();
    const both = [enter('alice', 'a', run('a')), enter('alice', 'b', run('b'))];
    await settle();
    expect(started).to.deep.equal(['a']);
    end(0);
    await settle();
    end(1);
    expect(await Promise.all(both)).to.deep.equal(['a', 'b']);
  });

  it('does not let one lane wait for another', async () => {
    const { enter } = singleFlight<string>();
    const { started, run, end } = work();
    const both = [enter('alice', 'x', run('alice')), enter('bob', 'x', run('bob'))];
    await settle();
    expect(started).to.deep.equal(['alice', 'bob']);
    end(0);
    end(1);
    await Promise.all(both);
  });

  it('goes on after a failure, which only those who shared the run get to know', async () => {
    const { enter } = singleFlight<string>();
    const failing = [1, 2].map(() => enter('alice', 'x', async () => Promise.reject(new Error('away'))));
    const next = enter('alice', 'y', async () => 'y');
    for (const each of failing) expect(await each.catch((error: Error) => error.message)).to.equal('away');
    expect(await next).to.equal('y');
    expect(await enter('alice', 'x', async () => 'again')).to.equal('again');
  });
});
