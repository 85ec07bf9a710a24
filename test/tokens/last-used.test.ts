// The write-behind of a device's last use.
import { expect } from 'chai';
import { lastUsed } from '../../src/tokens/last-used.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { DeviceUse } from '../../src/vocabulary/port-values.js';

function setUp(intervalSeconds?: number) {
  const statements: (readonly DeviceUse[])[] = [];
  const events: LatchkeyEvent[] = [];
  const setup = { at: 1000, down: false, whileWriting: (): unknown => undefined, statements, events };
  const uses = lastUsed({
    directory: {
      async touchDevices(given) {
        setup.whileWriting();
        if (setup.down) throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
        statements.push(given);
      },
    },
    now: () => setup.at,
    onEvent: (event) => events.push(event),
    ...(intervalSeconds === undefined ? {} : { intervalSeconds }),
  });
  return Object.assign(setup, { uses });
}

describe('last used', () => {
  it('writes many uses of many devices in one statement, each device once with its latest use', async () => {
    const setup = setUp();
    setup.uses.note('a', () => '192.0.2.1');
    setup.uses.note('b', () => undefined);
    setup.at = 2000;
    setup.uses.note('a', () => '192.0.2.2');
    expect(setup.statements).to.have.length(0);
    await setup.uses.flush();
    expect(setup.statements).to.deep.equal([
      [
        { id: 'a', lastUsedAt: new Date(2000), lastAddress: '192.0.2.2' },
        { id: 'b', lastUsedAt: new Date(1000) },
      ],
    ]);
    await setup.uses.close();
  });

  it('keeps the address if a later use has none', async () => {
    const setup = setUp();
    setup.uses.note('a', () => '192.0.2.1');
    setup.at = 2000;
    setup.uses.note('a', () => undefined);
    await setup.uses.flush();
    expect(setup.statements).to.deep.equal([[{ id: 'a', lastUsedAt: new Date(2000), lastAddress: '192.0.2.1' }]]);
    await setup.uses.close();
  });

  it('records one use per second', async () => {
    const setup = setUp();
    setup.uses.note('a', () => '192.0.2.1');
    setup.at = 1999;
    setup.uses.note('a', () => expect.fail('the address of this use is not needed'));
    setup.uses.note('b', () => '192.0.2.2');
    expect([setup.uses.usedAt('a'), setup.uses.usedAt('b')]).to.deep.equal([1000, 1999]);
    setup.at = 2000;
    setup.uses.note('a', () => '192.0.2.3');
    expect(setup.uses.usedAt('a')).to.equal(2000);
    setup.at = 500;
    setup.uses.note('a', () => '192.0.2.4');
    expect(setup.uses.usedAt('a'), 'after the clock was set back').to.equal(500);
    await setup.uses.close();
  });

  it('writes nothing without new uses', async () => {
    const setup = setUp();
    setup.uses.note('a', () => '192.0.2.1');
    await setup.uses.flush();
    await setup.uses.flush();
    expect(setup.statements).to.have.length(1);
    await setup.uses.close();
  });

  it('keeps what it could not write, sends an event, and prefers newer uses', async () => {
    const setup = setUp();
    setup.down = true;
    setup.uses.note('a', () => '192.0.2.1');
    setup.uses.note('b', () => undefined);
    const failed = setup.uses.flush();
    setup.at = 3000;
    setup.uses.note('a', () => '192.0.2.1');
    await failed;
    expect(setup.events.map((event) => event.type === 'error' && event.code)).to.deep.equal([
      'ERR_DIRECTORY_UNAVAILABLE',
    ]);
    setup.down = false;
    await setup.uses.flush();
    expect(setup.statements[0]).to.have.deep.members([
      { id: 'a', lastUsedAt: new Date(3000), lastAddress: '192.0.2.1' },
      { id: 'b', lastUsedAt: new Date(1000) },
    ]);
    await setup.uses.close();
  });

  it('knows recorded uses until they are written for certain', async () => {
    const setup = setUp();
    const known: (number | undefined)[] = [];
    setup.whileWriting = () => known.push(setup.uses.usedAt('a'));
    setup.uses.note('a', () => '192.0.2.1');
    expect([setup.uses.usedAt('a'), setup.uses.usedAt('b')]).to.deep.equal([1000, undefined]);
    setup.down = true;
    await setup.uses.flush();
    expect(setup.uses.usedAt('a')).to.equal(1000);
    setup.down = false;
    await setup.uses.flush();
    expect(setup.uses.usedAt('a')).to.equal(undefined);
    expect(known).to.deep.equal([1000, 1000]);
    await setup.uses.close();
  });

  it('writes automatically at the interval', async () => {
    const setup = setUp(0.01);
    setup.uses.note('a', () => '192.0.2.1');
    while (setup.statements.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await setup.uses.close();
  });

  it('writes what is left on close', async () => {
    const setup = setUp();
    setup.uses.note('a', () => '192.0.2.1');
    await setup.uses.close();
    expect(setup.statements).to.have.length(1);
  });
});
