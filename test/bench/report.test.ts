// Tests for scripts/bench/http/results.ts and scripts/bench/http/report.ts.
import { expect } from 'chai';
import type { Sample } from '../../scripts/bench/http/measuring.js';
import { benchmarksPage, perRequest, resultsTable, targetsTable } from '../../scripts/bench/http/report.js';
import { type Measurement, resultOf, targetResults } from '../../scripts/bench/http/results.js';
import { names, ownVariants, peerVariants } from '../../scripts/bench/http/variants.js';

/** A slice of a server that is always busy. */
function slice(cpuMicroseconds: number, further: Partial<Sample> = {}): Sample {
  const requestsPerSecond = 1_000_000 / cpuMicroseconds;
  return {
    requests: requestsPerSecond,
    requestsPerSecond,
    cpuMicroseconds,
    busy: 1,
    statements: 0,
    commands: 0,
    ...further,
  };
}

const base = [slice(100), slice(400), slice(100)];

/** A variant that costs as many times more than the no-op middleware. */
function measurement(name: string, factor: number): Measurement {
  return { name, samples: base.map(({ cpuMicroseconds }) => slice(cpuMicroseconds * factor)), baseline: base };
}

const all = [
  measurement(names.header, 1.02),
  measurement(names.bearer, 1.2),
  measurement(names.everyRequest, 2),
  measurement(names.sessionAlone, 2),
  measurement(names.passportSession, 3),
  measurement(names.betterAuthSession, 2),
  measurement(names.betterAuthApiKey, 12),
];

const columns = (table: string): readonly (readonly string[])[] =>
  table.split('\n').map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('the results of the benchmarks', () => {
  it('compare each slice with the slice of the no-op middleware in the same round', () => {
    // In the second round, the machine was slow while both were measured.
    const { ratio, cpuRatio, addedMicroseconds, cpuMicroseconds } = resultOf(measurement('x', 1.25));
    expect(ratio).to.deep.equal({ median: 0.8, low: 0.8, high: 0.8 });
    expect({ cpuRatio, addedMicroseconds, cpuMicroseconds }).to.deep.equal({
      ...{ cpuRatio: 0.8, addedMicroseconds: 25, cpuMicroseconds: 125 },
    });
  });

  it('have a ratio by throughput and one by CPU time', () => {
    // The variant has waited: it used no more CPU time, but answered half as many requests.
    const waited = base.map((sample) => ({ ...sample, requestsPerSecond: sample.requestsPerSecond / 2, busy: 0.5 }));
    const { ratio, cpuRatio, busy } = resultOf({ name: 'x', samples: waited, baseline: base });
    expect([ratio.median, cpuRatio, busy]).to.deep.equal([0.5, 1, 0.5]);
  });

  it('say which targets are met', () => {
    const results = targetResults(all).map(({ target, measured, met }) => [target, measured, met]);
    expect(results).to.deep.equal([
      ['header login ÷ no-op: at least 0.97', '0.98', true],
      ['header login, µs added: at most 2', '2.00', true],
      ['API token ÷ no-op: at least 0.93', '0.83', false],
      ['API token, µs added: at most 3.5', '20.00', false],
      ['`every-request` ÷ express-session alone: at least 0.97', '1.00', true],
      ['header login ÷ passport-trusted-header with a session: at least 2.2', '2.94', true],
      ['header login ÷ better-auth’s session: at least 3.5', '1.96', false],
      ['API token ÷ better-auth’s API key: at least 6', '10.00', true],
    ]);
  });

  it('leave out the targets of variants that were not measured', () => {
    const own = all.filter(({ name }) => ownVariants.some((variant) => variant.name === name));
    expect(targetResults(own)).to.have.length(5);
    expect(targetResults([])).to.deep.equal([]);
  });

  it('name only variants that a run has', () => {
    const known = [...ownVariants, ...peerVariants].map(({ name }) => name);
    expect(known).to.include.members(Object.values(names));
    expect(new Set(known)).to.have.property('size', known.length);
  });
});

describe('the page of the benchmarks', () => {
  it('has a row for each variant, with as many cells as the header', () => {
    const samples = [slice(125, { commands: 2.004, statements: 0.26 })];
    const table = columns(resultsTable([{ name: 'a name', samples, baseline: [slice(100)] }, ...all]));
    expect(new Set(table.map((row) => row.length))).to.have.property('size', 1);
    expect(table[2]).to.deep.equal([
      ...['a name', '8000', '**0.80**', '0.80–0.80', '0.80', '125.0', '25.0', '100 %', '2', '0.26'],
    ]);
    expect(table).to.have.length(2 + 1 + all.length);
  });

  it('does not show the rounding of counts', () => {
    expect([0, 0.004, -0.001, 2, 2.001, 1.87, 10].map(perRequest)).to.deep.equal([
      ...['0', '0', '0', '2', '2', '1.87', '10'],
    ]);
  });

  it('says when, where and with which versions the run was made', () => {
    const page = benchmarksPage(
      {
        date: new Date('2026-12-01T10:00:00Z'),
        commit: 'abc1234 with changes',
        machine: '2 × a processor, 24 GiB',
        cores: 'The server runs on core 0.',
        versions: [
          ['Node', '20.20.2'],
          ['better-auth', '1.7.5'],
        ],
        rounds: 15,
        sliceSeconds: 1,
        loadAverages: [0.2, 2.1],
      },
      all,
    );
    expect(page).to.contain('2026-12-01, abc1234 with changes').and.to.contain('Node 20.20.2, better-auth 1.7.5');
    expect(page).to.contain('0.2 before the run, and 2.1 after it').and.to.contain('15, with slices of 1 s');
    expect(page).to.contain(resultsTable(all)).and.to.contain(targetsTable(all));
  });
});
