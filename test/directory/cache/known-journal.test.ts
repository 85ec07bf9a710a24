// A value is valid as long as no later row names its key, and only in the history that it was read in.
import { expect } from 'chai';
import { type KnownJournal, knownJournal, rememberedRows } from '../../../src/directory/cache/known-journal.js';
import type { JournalRow } from '../../../src/vocabulary/journal.js';

const row = (seq: number, ...keys: readonly string[]): JournalRow => ({ seq, nonce: `nonce-${seq}`, keys });
const at = (seq: number) => ({ seq, nonce: `nonce-${seq}` });

describe('known journal', () => {
  let known: KnownJournal;

  beforeEach(() => {
    known = knownJournal([row(5, 'u:alice'), row(6, 'm')]);
  });

  it('has the position of the latest applied row', () => {
    expect(known.position).to.include(at(6));
    known.apply([row(7, 'u:bob'), row(8)]);
    expect(known.position).to.include(at(8));
    known.apply([]);
    expect(known.position).to.include(at(8));
  });

  it('accepts a value that was read at the row that changed it, or later', () => {
    expect(known.judge(['u:alice'], at(5))).to.equal('holds');
    expect(known.judge(['u:alice'], at(6))).to.equal('holds');
  });

  it('accepts a value whose key no later row names', () => {
    known.apply([row(7, 'u:bob')]);
    expect(known.judge(['u:alice'], at(5))).to.equal('holds');
  });

  it('rejects a value if a later row names any of its keys', () => {
    known.apply([row(7, 'u:bob', 'd:phone')]);
    expect(known.judge(['u:bob'], at(6))).to.equal('outdated');
    expect(known.judge(['d:tablet', 'd:phone'], at(6))).to.equal('outdated');
    expect(known.judge(['d:phone'], at(7))).to.equal('holds');
  });

  it('rejects every value from before a row for everything', () => {
    known.apply([row(7, '*')]);
    expect(known.judge(['u:alice'], at(6))).to.equal('outdated');
    expect(known.judge(['u:alice'], at(7))).to.equal('holds');
  });

  it('rejects a value that was read in another history', () => {
    expect(known.judge(['u:alice'], { seq: 6, nonce: 'of another database' })).to.equal('outdated');
  });

  it('rejects a value that was read before the first known row', () => {
    expect(known.judge(['u:carol'], at(4))).to.equal('outdated');
    expect(known.judge(['u:carol'], { seq: -1, nonce: '' })).to.equal('outdated');
  });

  it('reports a value from an unknown later row, whatever its nonce', () => {
    expect(known.judge(['u:alice'], at(7))).to.equal('ahead');
    expect(known.judge(['u:alice'], { seq: 7, nonce: 'of another database' })).to.equal('ahead');
  });

  it('does not treat an invalid number as a row', () => {
    for (const seq of [5.5, Number.NaN])
      expect(known.judge(['u:alice'], { seq, nonce: 'nonce-5' })).to.equal('outdated');
  });

  it('drops the oldest rows, and rejects values that are as old', () => {
    known = knownJournal([row(0, 'u:alice')]);
    for (let seq = 1; seq <= rememberedRows; seq += 1) known.apply([row(seq, 'u:bob')]);
    expect(known.judge(['u:alice'], at(0))).to.equal('outdated');
    expect(known.judge(['u:alice'], at(1))).to.equal('holds');
    expect(known.judge(['u:bob'], at(rememberedRows - 1))).to.equal('outdated');
  });

  it('keeps the latest change of a key when an earlier one is dropped', () => {
    known = knownJournal([row(0, 'u:alice'), row(1), row(2, 'u:alice')]);
    for (let seq = 3; seq <= rememberedRows; seq += 1) known.apply([row(seq)]);
    expect(known.judge(['u:alice'], at(1))).to.equal('outdated');
    expect(known.judge(['u:alice'], at(2))).to.equal('holds');
  });
});
