// Tests for scripts/bench/http/run.ts, with the servers that need no further packages.
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunSettings, runVariants } from '../../scripts/bench/http/run.js';
import { type HttpVariant, names, ownVariants } from '../../scripts/bench/http/variants.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';

describe('a run of the benchmarks', () => {
  let postgres: PostgresServer;

  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  const file = join(import.meta.dirname, 'other-servers.js');
  const lines: string[] = [];
  const settings = (): RunSettings => ({
    rounds: 2,
    milliseconds: 20,
    warmUpRequests: 1,
    cores: { server: undefined, load: undefined, description: '' },
    postgres,
    print: (line) => lines.push(line),
  });

  it('measures every variant, whose requests are accepted and whose responses are the same', async () => {
    const measurements = await runVariants(ownVariants, settings());
    expect(measurements.map(({ name }) => name)).to.deep.equal(ownVariants.map(({ name }) => name));
    for (const { samples, baseline } of measurements) {
      expect([samples.length, baseline.length]).to.deep.equal([2, 2]);
      // The first request on each of 32 connections is sent at once.
      for (const { requests } of [...samples, ...baseline]) expect(requests).to.be.at.least(32);
      for (const { cpuMicroseconds } of samples) expect(cpuMicroseconds).to.be.above(0);
    }
    expect(lines.filter((line) => /also sends|does not send/.test(line))).to.deep.equal([]);
  });

  it('counts the commands of a session, which is read and whose expiry is renewed', async () => {
    const measured = ownVariants.filter(({ name }) => name === names.sessionAlone);
    const [session] = await runVariants(measured, settings());
    expect(session?.samples.map(({ commands }) => commands)).to.deep.equal([2, 2]);
  });

  it('counts the statements of a server', async () => {
    const [measured] = await runVariants([{ name: 'SQL', file, build: 'oneStatement' }], settings());
    expect(measured?.samples.map(({ statements }) => statements)).to.deep.equal([1, 1]);
  });

  const failure = (variant: HttpVariant): Promise<string> =>
    runVariants([variant], settings()).then(
      () => 'no failure',
      (error: Error) => error.message,
    );

  it('fails if a server does not start', async () => {
    const missing: HttpVariant = { name: 'a mistake', file: './own-servers.js', build: 'missing' };
    expect(await failure(missing)).to.contain('ended with code 1');
  });

  it('fails if a server sends another body, and prints a header that only one of two servers sends', async () => {
    expect(await failure({ name: 'other', file, build: 'otherBody' })).to.contain('other has another body');
    expect(await failure({ name: 'more', file, build: 'oneHeaderMore' })).to.equal('no failure');
    expect(lines).to.include('more also sends: Set-Cookie: one=more');
  });
});
