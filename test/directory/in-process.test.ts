// directory/in-process: what a process holds, it holds only while it is told of every change.
import { expect } from 'chai';
import { inProcess } from '../../src/directory/in-process.js';

function holder(options: { localSeconds?: number; localEntries?: number } = {}) {
  const clock = { now: 1_000_000 };
  const local = inProcess<string>({ now: () => clock.now, localSeconds: 60, localEntries: 100, ...options });
  const keep = (key: string, value: string) => local.expect(key).keep(value);
  return { clock, local, keep };
}

describe('inProcess', () => {
  it('holds nothing until changes are told, and nothing that was asked for before', () => {
    const { local, keep } = holder();
    expect(keep('a', '1')).to.equal(false);
    const before = local.expect('a');
    local.restored(() => true);
    expect(before.keep('1')).to.equal(false);
    expect(local.get('a')).to.equal(undefined);
    expect(keep('a', '2')).to.equal(true);
    expect(local.get('a')).to.equal('2');
  });

  const losses: readonly (readonly [string, (local: ReturnType<typeof holder>['local']) => void])[] = [
    ['a change of the key', (local) => local.changed('a')],
    ['a flush', (local) => local.changed(undefined)],
    ['a change made here', (local) => local.forget('a')],
    ['the loss of the watch', (local) => local.lost()],
    [
      'the loss and return of the watch',
      (local) => {
        local.lost();
        local.restored(() => true);
      },
    ],
    ['the return of the watch', (local) => local.restored(() => true)],
  ];
  for (const [what, happen] of losses) {
    it(`lets go upon ${what}, of what is on its way too`, () => {
      const { local, keep } = holder();
      local.restored(() => true);
      keep('a', '1');
      const coming = local.expect('a');
      happen(local);
      expect(local.get('a')).to.equal(undefined);
      expect(coming.keep('1')).to.equal(false);
      expect(local.get('a')).to.equal(undefined);
    });
  }

  it('gives nothing once changes are no longer told, before it hears of that', () => {
    const { local, keep } = holder();
    let told = true;
    local.restored(() => told);
    keep('a', '1');
    told = false;
    expect([local.get('a'), local.coherent]).to.deep.equal([undefined, false]);
  });

  it('holds on when another key changes', () => {
    const { local, keep } = holder();
    local.restored(() => true);
    keep('a', '1');
    const coming = local.expect('b');
    local.changed('c');
    expect(local.get('a')).to.equal('1');
    expect(coming.keep('2')).to.equal(true);
  });

  it('lets go at the age of localSeconds, counted from the question and not from the answer', () => {
    const { clock, local } = holder({ localSeconds: 60 });
    local.restored(() => true);
    const coming = local.expect('a');
    clock.now += 20_000;
    coming.keep('1');
    clock.now += 39_999;
    expect(local.get('a')).to.equal('1');
    clock.now += 1;
    expect(local.get('a')).to.equal(undefined);
  });

  it('lets go when the clock steps back, which would prolong the age', () => {
    const { clock, local, keep } = holder();
    local.restored(() => true);
    keep('a', '1');
    clock.now -= 1;
    expect(local.get('a')).to.equal(undefined);
  });

  it('holds no more than localEntries, and lets go of the one stored longest ago', () => {
    const { local, keep } = holder({ localEntries: 3 });
    local.restored(() => true);
    for (const key of ['a', 'b', 'c', 'a', 'd']) keep(key, key);
    expect(['a', 'b', 'c', 'd'].map((key) => local.get(key))).to.deep.equal(['a', undefined, 'c', 'd']);
  });

  it('tells of the next change, a flush or the loss of the watch', async () => {
    const { local } = holder();
    local.restored(() => true);
    for (const happen of [() => local.changed('a'), () => local.changed(undefined), () => local.lost()]) {
      const change = local.nextChange('a');
      let told = false;
      change.told.then(() => {
        told = true;
      });
      local.changed('b');
      await Promise.resolve();
      expect(told).to.equal(false);
      happen();
      await change.told;
    }
  });
});
