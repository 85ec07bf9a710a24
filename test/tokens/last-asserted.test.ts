// The write-behind of a user's last login through the proxy.
import { expect } from 'chai';
import { lastAsserted } from '../../src/tokens/last-asserted.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { UserAssertedAt } from '../../src/vocabulary/port-values.js';

const hour = 3_600_000;
const day = 24 * hour;

function setUp() {
  const statements: (readonly UserAssertedAt[])[] = [];
  const events: LatchkeyEvent[] = [];
  const setup = { at: 1000 * day, down: false, statements, events };
  const logins = lastAsserted({
    directory: {
      async touchUsers(uses) {
        if (setup.down) throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
        statements.push(uses);
      },
    },
    suspendAfterDays: 7,
    now: () => setup.at,
    onEvent: (event) => events.push(event),
  });
  /** Records a login of a user whose cached account has a last login this long ago. */
  const note = (userId: string, ago: number) => logins.note({ userId, lastAssertedAtMs: setup.at - ago });
  return Object.assign(setup, { logins, note });
}

describe('last asserted', () => {
  let setup: ReturnType<typeof setUp>;
  beforeEach(() => {
    setup = setUp();
  });
  afterEach(() => setup.logins.close());

  it('writes the logins of many users in one statement', async () => {
    for (const userId of ['a', 'b', 'c']) setup.note(userId, 2 * hour);
    expect(setup.statements).to.have.length(0);
    await setup.logins.flush();
    const lastAssertedAt = new Date(setup.at);
    expect(setup.statements).to.deep.equal([['a', 'b', 'c'].map((userId) => ({ userId, lastAssertedAt }))]);
  });

  it('records a user once an hour, however old the cached account is', async () => {
    const account = { userId: 'a', lastAssertedAtMs: setup.at - 2 * hour };
    const written: number[] = [];
    for (let minutes = 0; minutes <= 120; minutes += 10) {
      setup.logins.note(account);
      await setup.logins.flush();
      if (setup.statements.splice(0).length > 0) written.push(minutes);
      setup.at += 600_000;
    }
    expect(written).to.deep.equal([0, 60, 120]);
  });

  it('does not record a user whom another process has recorded within the hour', async () => {
    setup.note('a', hour - 1);
    await setup.logins.flush();
    expect(setup.statements).to.have.length(0);
    setup.note('a', hour);
    await setup.logins.flush();
    expect(setup.statements).to.have.length(1);
  });

  it('writes a login at once after a long absence or at the first login, so that other instances know', async () => {
    setup.note('soon', 3.5 * day - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(setup.statements).to.have.length(0);
    await setup.logins.flush();
    setup.statements.length = 0;
    setup.note('late', 3.5 * day);
    await new Promise((resolve) => setImmediate(resolve));
    setup.logins.note({ userId: 'new' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(setup.statements.flat().map(({ userId }) => userId)).to.deep.equal(['late', 'new']);
  });

  it('knows the logins of the last hour, written or not', async () => {
    setup.note('a', 2 * hour);
    expect(setup.logins.assertedAt('a')).to.equal(setup.at);
    await setup.logins.flush();
    expect(setup.logins.assertedAt('a')).to.equal(setup.at);
    expect(setup.logins.assertedAt('b')).to.equal(undefined);
  });

  it('forgets logins soon after an hour', async () => {
    setup.note('a', 2 * hour);
    setup.at += hour / 2;
    setup.note('b', 2 * hour);
    setup.at += hour / 2;
    setup.note('c', 2 * hour);
    expect(setup.logins.assertedAt('a')).to.equal(undefined);
    expect(setup.logins.assertedAt('b')).to.equal(setup.at - hour / 2);
  });

  it('keeps what it could not write, and sends an event', async () => {
    setup.down = true;
    setup.note('a', 2 * hour);
    await setup.logins.flush();
    expect(setup.events).to.deep.include({
      type: 'error',
      code: 'ERR_DIRECTORY_UNAVAILABLE',
      message: 'The last login of users could not be written; Latchkey will try again.',
    });
    setup.down = false;
    await setup.logins.close();
    expect(setup.statements).to.have.length(1);
  });
});
