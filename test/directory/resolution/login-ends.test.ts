// A login that has ended is invalid on every instance, however many logins end after it.
import { expect } from 'chai';
import {
  isLoginEnded,
  keptEndedLogins,
  type LoginEnds,
  loginEnds,
} from '../../../src/directory/resolution/login-ends.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { SharedState } from '../../../src/vocabulary/ports.js';
import type { Account } from '../../../src/vocabulary/types.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, refusal } from '../../support/people.js';
import { type FallibleDirectory, fallibleDirectory, fallibleState } from '../../support/ports.js';

describe('the end of a login', () => {
  let now = Date.now();
  let database: FallibleDirectory;
  let state: SharedState;
  let here: Instance;
  let there: Instance;
  let logins: LoginEnds;
  let account: Account;

  beforeEach(async () => {
    database = fallibleDirectory(memoryDirectory());
    const { directory } = database;
    state = memoryState();
    here = instance({ directory, state, groupRoles });
    there = instance({ directory, state, groupRoles });
    const { cache } = here;
    logins = loginEnds({ directory, cache, now: () => now });
    for (const { resolver } of [here, there]) account = (await resolver.resolve(alice)) as Account;
  });
  afterEach(async () => {
    for (const { resolver } of [here, there]) await resolver.close();
    await state.close();
  });

  const owner = () => ({ subject: account.subject, userId: account.userId });
  const isEnded = async ({ resolver }: Instance, login: string): Promise<boolean> => {
    const found = await resolver.find('alice');
    if (found === undefined) throw new Error('alice is not there');
    return isLoginEnded(found, login);
  };

  it('gives later logins greater ids, and never the same id twice', () => {
    const ids: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      now += round % 2;
      ids.push(logins.begin(account));
    }
    expect(new Set(ids).size).to.equal(ids.length);
    const instants = ids.map((id) => id.slice(0, 9));
    expect([...instants].sort()).to.deep.equal(instants);
  });

  it('is known to every instance once the call has returned, and to any reader of the row', async () => {
    const [id, other] = [logins.begin(account), logins.begin(account)];
    for (const at of [here, there]) expect(await isEnded(at, id)).to.equal(false);
    await logins.end({ ...owner(), login: id }, { everywhere: true });
    for (const at of [here, there]) {
      expect(await isEnded(at, id)).to.equal(true);
      expect(await isEnded(at, other)).to.equal(false);
    }
    expect((await there.resolver.resolve(alice))?.endedLogins).to.deep.equal([id]);
  });

  it('lasts however many logins end after it; older logins end together with the ids that are dropped', async () => {
    const ids = Array.from({ length: keptEndedLogins + 3 }, () => {
      now += 1000;
      return logins.begin(account);
    });
    const [first, second, ...rest] = ids as [string, string, ...string[]];
    now += 1000;
    const latest = logins.begin(account);
    for (const id of rest.slice(0, -1)) await logins.end({ ...owner(), login: id }, { everywhere: true });
    await logins.end({ ...owner(), login: second }, { everywhere: true });
    // The row holds as many ids as it keeps, all of them later than the first login.
    expect((await here.resolver.find('alice'))?.endedLogins).to.have.length(keptEndedLogins);
    expect(await isEnded(here, first)).to.equal(true);
    await logins.end({ ...owner(), login: rest.at(-1) ?? '' }, { everywhere: true });
    for (const id of ids) expect(await isEnded(there, id), id).to.equal(true);
    expect(await isEnded(there, latest)).to.equal(false);
  });

  it('leaves the next login valid on an instance whose clock is an hour behind or ahead', async () => {
    const { cache } = here;
    for (const offset of [-3_600_000, 3_600_000]) {
      const skewed = loginEnds({ ...database, cache, now: () => now + offset });
      for (const ends of [logins, skewed]) {
        for (let count = 0; count < keptEndedLogins; count += 1) {
          now += 1000;
          const current = (await here.resolver.find('alice')) as Account;
          await logins.end({ ...owner(), login: ends.begin(current) }, { everywhere: true });
        }
        for (const next of [logins, skewed]) {
          const current = (await there.resolver.find('alice')) as Account;
          expect(await isEnded(there, next.begin(current))).to.equal(false);
        }
      }
    }
  });

  it('rejects if the directory cannot write it, and applies if only the answer was lost', async () => {
    const id = logins.begin(account);
    database.mode = 'down';
    expect(await refusal(logins.end({ ...owner(), login: id }, { everywhere: true }))).to.equal(
      'ERR_DIRECTORY_UNAVAILABLE',
    );
    database.mode = 'up';
    expect(await isEnded(there, id)).to.equal(false);
    database.mode = 'late';
    expect(await refusal(logins.end({ ...owner(), login: id }, { everywhere: true }))).to.equal(
      'ERR_DIRECTORY_UNAVAILABLE',
    );
    database.mode = 'up';
    for (const at of [here, there]) expect(await isEnded(at, id)).to.equal(true);
  });

  it('applies immediately while the shared state does not answer', async () => {
    const fallible = fallibleState(state);
    const cut = instance({ directory: database.directory, state: fallible.state, groupRoles });
    const ends = loginEnds({ ...database, cache: cut.cache, now: () => now });
    fallible.down = true;
    const [decided, followed] = [ends.begin(account), ends.begin(account)];
    await ends.end({ ...owner(), login: decided }, { everywhere: true });
    for (const at of [cut, here, there]) expect(await isEnded(at, decided)).to.equal(true);
    await ends.end({ ...owner(), login: followed }, { everywhere: false });
    expect(await isEnded(cut, followed)).to.equal(true);
    fallible.down = false;
    await cut.resolver.close();
  });
});
