// Tests for scripts/bench/micro/variants.ts and scripts/bench/micro/heap-growth.ts.
import { expect } from 'chai';
import { exchange } from '../../scripts/bench/micro/exchange.js';
import { heapGrowth } from '../../scripts/bench/micro/heap-growth.js';
import { type MicroVariants, microVariants } from '../../scripts/bench/micro/variants.js';
import { headerRequest, newStrings } from '../../scripts/bench/requests.js';

describe('the variants of the micro-benchmark', () => {
  let all: MicroVariants;

  before(async () => {
    all = await microVariants();
  });
  after(() => all.close());

  it('come in pairs, and answer every request', async () => {
    const { variants } = all;
    expect(variants.map(({ baseline }) => baseline === undefined)).to.deep.equal(
      variants.map((_, index) => index % 2 === 0),
    );
    for (const [index, { baseline, exchange: handler, copies }] of variants.entries()) {
      if (baseline !== undefined) expect(baseline).to.equal(variants[index - 1]?.name);
      await handler.run(copies, 250);
    }
  });

  it('refuse a request without a login, other than the app without Latchkey', async () => {
    const outcome = async (name: string): Promise<string> => {
      const found = all.variants.find((variant) => variant.name === name);
      const { target, headers } = headerRequest('/songs', 'somebody');
      const copies = newStrings({ target, headers: headers.slice(0, -8) });
      return (
        found?.exchange.run(copies, 1).then(
          () => 'accepted',
          (error: Error) => error.message,
        ) ?? 'no variant'
      );
    };
    expect(await outcome('no-op, header request, new strings')).to.equal('accepted');
    expect(await outcome('header login, new strings')).to.equal('GET /songs was answered with 401');
  });
});

describe('the growth of the heap', () => {
  it('is shown for a handler that keeps something of each request', async () => {
    const growthOf = async (keep: boolean): Promise<number> => {
      const kept: Buffer[] = [];
      const handler = exchange((_req, res) => {
        if (keep) kept.push(Buffer.alloc(10_000));
        res.end();
      });
      const copies = newStrings(headerRequest('/songs', 'alice'));
      const lines: string[] = [];
      const variant = { name: 'x, new strings', baseline: 'y', exchange: handler, copies };
      await heapGrowth([variant], 0.004, (line) => lines.push(line));
      expect(lines).to.have.length(21);
      return Number.parseFloat(lines.at(-1)?.split(': ')[1] ?? '');
    };
    expect(await growthOf(false)).to.be.below(5);
    expect(await growthOf(true)).to.be.above(20);
  });
});
