// Entries in memory are dropped when their time is over, when they change, and when there is no room.
import { expect } from 'chai';
import { type LocalEntries, localEntries } from '../../../src/directory/cache/local-cache.js';

describe('local entries', () => {
  let now = 0;
  let entries: LocalEntries<string>;

  beforeEach(() => {
    now = 0;
    entries = localEntries(() => now, ownerOf, 3);
  });

  it('are empty at first', () => {
    expect(entries.get('u:alice')).to.equal(undefined);
  });

  it('hold an entry until its end time, exclusive', () => {
    entries.set('u:alice', 'alice', 10);
    now = 9;
    expect(entries.get('u:alice')).to.equal('alice');
    now = 10;
    expect(entries.get('u:alice')).to.equal(undefined);
  });

  it('hold the latest of two entries with one key, until its own end time', () => {
    entries.set('u:alice', 'first', 100);
    entries.set('u:alice', 'second', 10);
    expect(entries.get('u:alice')).to.equal('second');
    now = 10;
    expect(entries.get('u:alice')).to.equal(undefined);
  });

  it('drop an entry and its dependents, and no others', () => {
    entries.set('u:alice', 'alice', 10);
    entries.set('d:phone', 'phone of alice', 10);
    entries.set('u:bob', 'bob', 10);
    entries.drop('u:alice');
    expect(['u:alice', 'd:phone', 'u:bob'].map(entries.get)).to.deep.equal([undefined, undefined, 'bob']);
  });

  it('drop the dependents of a key that they do not hold', () => {
    entries.set('d:phone', 'phone of alice', 10);
    entries.drop('u:alice');
    expect(entries.get('d:phone')).to.equal(undefined);
  });

  it('keep the entry of an owner whose device is dropped', () => {
    entries.set('u:alice', 'alice', 10);
    entries.set('d:phone', 'phone of alice', 10);
    entries.drop('d:phone');
    expect(entries.get('u:alice')).to.equal('alice');
  });

  it('forget the former dependencies of an entry that was set again', () => {
    entries.set('d:phone', 'phone of alice', 10);
    entries.set('d:phone', 'phone of bob', 10);
    entries.drop('u:alice');
    expect(entries.get('d:phone')).to.equal('phone of bob');
    entries.drop('u:bob');
    expect(entries.get('d:phone')).to.equal(undefined);
  });

  it('drop the entry that was stored longest ago if there is no room', () => {
    for (const key of ['a', 'b', 'c']) entries.set(key, key, 10);
    entries.set('a', 'again', 10);
    entries.set('d', 'd', 10);
    expect(['a', 'b', 'c', 'd'].map(entries.get)).to.deep.equal(['again', undefined, 'c', 'd']);
  });

  it('drop everything', () => {
    entries.set('u:alice', 'alice', 10);
    entries.set('d:phone', 'phone of alice', 10);
    entries.dropAll();
    expect(['u:alice', 'd:phone'].map(entries.get)).to.deep.equal([undefined, undefined]);
  });
});

function ownerOf(entry: string): readonly string[] {
  const [, owner] = entry.split(' of ');
  return owner === undefined ? [] : [`u:${owner}`];
}
