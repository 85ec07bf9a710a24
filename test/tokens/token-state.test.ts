// Every state of a token relative to its device's row.
import { expect } from 'chai';
import { type TokenState, tokenState } from '../../src/tokens/token-state.js';

const now = Date.UTC(2026, 10, 1);
const renewedAt = new Date(now - 1000);
const graced = new Date(now + 1);
const over = new Date(now);

describe('token state', () => {
  // The row's serial is 5. Columns: the token's serial; the other members of the row.
  const facts: Record<string, { readonly renewedAt?: Date; readonly previousUntil?: Date }> = {
    'at rest': {},
    'renewal under way': { renewedAt },
    'in grace': { previousUntil: graced },
    'grace over': { previousUntil: over },
    'renewal under way in grace': { renewedAt, previousUntil: graced },
    'renewal under way, grace over': { renewedAt, previousUntil: over },
  };
  const table: Record<string, Readonly<Record<number, TokenState>>> = {
    'at rest': { 1: 'reused', 3: 'reused', 4: 'reused', 5: 'current', 6: 'unknown', 7: 'unknown' },
    'renewal under way': { 1: 'reused', 3: 'reused', 4: 'reused', 5: 'current', 6: 'next', 7: 'unknown' },
    'in grace': { 1: 'reused', 3: 'reused', 4: 'previous', 5: 'current', 6: 'unknown', 7: 'unknown' },
    'grace over': { 1: 'reused', 3: 'reused', 4: 'reused', 5: 'current', 6: 'unknown', 7: 'unknown' },
    'renewal under way in grace': { 1: 'reused', 3: 'reused', 4: 'previous', 5: 'current', 6: 'next', 7: 'unknown' },
    'renewal under way, grace over': { 1: 'reused', 3: 'reused', 4: 'reused', 5: 'current', 6: 'next', 7: 'unknown' },
  };
  for (const [name, row] of Object.entries(facts)) {
    it(`is correct for every serial: ${name}`, () => {
      for (const [serial, expected] of Object.entries(table[name] ?? {})) {
        expect(tokenState({ serial: 5, ...row }, Number(serial), now), `token ${serial}`).to.equal(expected);
      }
    });
  }
});
