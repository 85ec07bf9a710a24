// docs/limits.md has every limit of quick connect, with the default and the range that the code uses.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { checkedLimits, type Limits } from '../../src/pairing/limits.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

const page = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8');
const number = (text: string): number => Number(text.replaceAll(',', ''));
const rows = [...page.matchAll(/^\| `(\w+)` \|[^|]*\| ([\d,]+) \| ([\d,]+)–([\d,]+) \|$/gm)].map(
  ([, name = '', initial = '', least = '', most = '']) => ({
    name,
    initial: number(initial),
    least: number(least),
    most: number(most),
  }),
);

const limitOf: Readonly<Record<string, keyof Limits>> = {
  redemptionsPerAddress: 'address',
  redemptionsPerSubnet: 'subnet',
  redemptionsPerNetwork: 'network',
  wrongCodesInAll: 'global',
  requestsPerAddress: 'requested',
  requestsPerSubnet: 'requestedPerSubnet',
  requestsPerNetwork: 'requestedPerNetwork',
  requestsInAll: 'requestedGlobally',
  pairingsPerUser: 'opened',
  userCodesPerUser: 'verified',
};

/** The names that the refusal of an unknown name lists. */
function names(): readonly string[] {
  try {
    checkedLimits({ none: 1 } as never);
  } catch (error) {
    if (error instanceof LatchkeyError) return (/any of ([\w, ]+)/.exec(error.message)?.[1] ?? '').split(', ');
    throw error;
  }
  return [];
}

describe('docs/limits.md', () => {
  it('has a row for each limit, in the order of the code', () => {
    expect(rows.map(({ name }) => name)).to.deep.equal(names());
  });

  for (const { name, initial, least, most } of rows) {
    it(`has the default and the range of ${name}`, () => {
      expect(checkedLimits()[limitOf[name] ?? 'windowSeconds']).to.equal(initial);
      for (const value of [least - 1, most + 1]) {
        expect(() => checkedLimits({ [name]: value })).to.throw(LatchkeyError, `from ${least} to ${most} for ${name}`);
      }
    });
  }

  it('has the length of a window and the number of tries per user', () => {
    expect(checkedLimits()).to.include({ windowSeconds: 600, user: 20 });
  });
});
