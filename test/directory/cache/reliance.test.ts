// A reliance lasts for its time from when the journal was asked, by both clocks, and reports its start and its end.
import { expect } from 'chai';
import { type Moment, type Reliance, reliance } from '../../../src/directory/cache/reliance.js';
import { type Host, type Simulation, simulation } from './model/simulation.js';

describe('reliance', () => {
  let time: Simulation;
  let host: Host;
  let told: string[];
  let relying: Reliance;
  const now = (): Moment => ({ monotonic: host.clock.monotonic(), wall: host.clock.wall() });

  beforeEach(() => {
    time = simulation(() => {});
    host = time.host('A', 1);
    told = [];
    relying = reliance(host.clock, 1000, {
      lost: () => told.push(`lost at ${time.now()}`),
      restored: () => told.push(`restored at ${time.now()}`),
    });
  });

  it('does not exist at first', () => {
    expect(relying.holds()).to.equal(false);
    expect(told).to.deep.equal([]);
  });

  it('lasts from when the journal was asked, and reports its end once', async () => {
    const asked = now();
    await time.run(400);
    relying.renew(asked);
    await time.run(599);
    expect(relying.holds()).to.equal(true);
    await time.run(1);
    expect(relying.holds()).to.equal(false);
    await time.run(5000);
    expect(told).to.deep.equal(['restored at 400', 'lost at 1000']);
  });

  it('continues without a notification if it is renewed in time', async () => {
    for (let beat = 0; beat < 5; beat += 1) {
      relying.renew(now());
      await time.run(900);
      expect(relying.holds()).to.equal(true);
    }
    expect(told).to.deep.equal(['restored at 0']);
  });

  it('does not start with an answer that arrives too late', async () => {
    const asked = now();
    await time.run(1000);
    relying.renew(asked);
    expect(relying.holds()).to.equal(false);
    expect(told).to.deep.equal([]);
  });

  it('ends when either clock has passed its end', async () => {
    relying.renew(now());
    host.setWall(1000);
    expect(relying.holds()).to.equal(false);
    host.setWall(-1000);
    expect(relying.holds()).to.equal(true);
    host.setWall(-5000);
    await time.run(1000);
    expect(relying.holds()).to.equal(false);
  });

  it('can be ended, and starts again', () => {
    relying.renew(now());
    relying.end();
    relying.end();
    expect(relying.holds()).to.equal(false);
    relying.renew(now());
    expect(relying.holds()).to.equal(true);
    expect(told).to.deep.equal(['restored at 0', 'lost at 0', 'restored at 0']);
  });

  it('ends without a notification when it is closed', async () => {
    relying.renew(now());
    relying.close();
    expect(relying.holds()).to.equal(false);
    await time.run(5000);
    expect(told).to.deep.equal(['restored at 0']);
  });
});
