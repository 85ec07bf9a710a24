// The links between users and the rows of the host's own table.
import { expect } from 'chai';
import { type HostLinks, hostLinks } from '../../../src/directory/resolution/host-links.js';
import type { HostUsers } from '../../../src/directory/resolution/host-users.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import type { Account } from '../../../src/vocabulary/types.js';
import { type HostTable, hostTable } from '../../support/host-table.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, refusal } from '../../support/people.js';

describe('hostLinks', () => {
  let directory: Directory;
  let started: Instance;
  let table: HostTable;
  beforeEach(() => {
    directory = memoryDirectory();
    started = instance({ directory, state: memoryState() });
    table = hostTable();
  });
  afterEach(() => started.resolver.close());

  /** A clock that stands still until a test moves it. */
  function stoppedClock() {
    let at = 0;
    const timers: { readonly at: number; readonly callback: () => void }[] = [];
    return {
      monotonic: () => at,
      wall: () => at,
      sleep: async () => {},
      schedule(milliseconds: number, callback: () => void) {
        timers.push({ at: at + milliseconds, callback });
        return () => {};
      },
      advance(milliseconds: number) {
        at += milliseconds;
        for (const timer of timers.filter((each) => each.at <= at)) timer.callback();
      },
    };
  }

  const linksOf = (hostUsers: HostUsers = table, clock?: ReturnType<typeof stoppedClock>): HostLinks =>
    hostLinks({
      hostUsers,
      directory,
      cache: started.cache,
      resolver: started.resolver,
      onEvent: (event) => (started.events as unknown[]).push(event),
      clock,
    });
  const account = async (subject = 'alice'): Promise<Account> =>
    (await started.resolver.resolve({ ...alice, subject })) ?? expect.fail();
  const codeOf = (outcome: Account | LatchkeyError): string | undefined =>
    outcome instanceof LatchkeyError ? outcome.code : outcome.hostUserId;
  const linkEvents = () => started.events.filter(({ type }) => type === 'user.linked');

  it('adds a row for a new user, and from then on asks nothing', async () => {
    const links = linksOf();
    const { userId } = await account();
    expect(await links.linked(await account())).to.include({ userId, hostUserId: '1' });
    expect(table.rows).to.deep.equal([{ id: 1, name: 'alice', createdFor: userId }]);
    expect(table.calls).to.deep.equal(['find alice', 'create alice']);
    const again = links.linked(await account());
    expect(again).to.include({ hostUserId: '1' });
    expect(table.calls).to.have.length(2);
    expect(linkEvents()).to.deep.equal([{ type: 'user.linked', userId, subject: 'alice', hostUserId: '1' }]);
    expect(await directory.listAudit({ limit: 5 })).to.deep.equal([]);
  });

  for (const count of [20, 200]) {
    it(`asks once for ${count} first requests at once`, async () => {
      const links = linksOf();
      const accounts = await Promise.all(Array.from({ length: count }, () => account()));
      const linked = await Promise.all(accounts.map((each) => links.linked(each)));
      expect(new Set(linked.map(codeOf))).to.deep.equal(new Set(['1']));
      expect(table.calls).to.deep.equal(['find alice', 'create alice']);
      expect(linkEvents()).to.have.length(1);
    });
  }

  it('links a row that was created for this user when a process ended before it stored the link', async () => {
    const first = await account();
    await table.create({ ...first });
    expect(codeOf(await linksOf().linked(first))).to.equal('1');
    expect(table.rows).to.have.length(1);
  });

  it('refuses a row that the host has added itself, or that was created for a former user of that name', async () => {
    const links = linksOf();
    table.local('alice');
    expect(codeOf(await links.linked(await account()))).to.equal('ERR_ACCOUNT_LOCAL');
    await links.linked(await account('bob'));
    await started.administration.users.delete('bob');
    expect(codeOf(await links.linked(await account('bob')))).to.equal('ERR_ACCOUNT_LOCAL');
    expect((await directory.findUser('alice'))?.hostUserId).to.equal(undefined);
    expect(table.calls.filter((call) => call.startsWith('create'))).to.deep.equal(['create bob']);
  });

  it('refuses a local account that the host adds between find and create', async () => {
    const { create } = table;
    const racing: HostUsers = {
      ...table,
      create(user) {
        table.local('alice');
        return create(user);
      },
    };
    expect(codeOf(await linksOf(racing).linked(await account()))).to.equal('ERR_ACCOUNT_LOCAL');
  });

  it('refuses a row that belongs to another user, as an administrator said', async () => {
    const links = linksOf();
    const { userId } = await account('carol');
    await table.create({ ...(await account()) });
    await directory.linkHostUser?.(userId, '1');
    expect(codeOf(await links.linked(await account()))).to.equal('ERR_ACCOUNT_LOCAL');
  });

  it('asks isProtected instead, if the host gives it', async () => {
    const seen: unknown[] = [];
    const isProtected = (row: object, user: object) => {
      seen.push([row, user]);
      return Reflect.get(row, 'name') === 'root';
    };
    const links = linksOf({ ...table, isProtected });
    table.local('alice');
    table.local('root');
    expect(codeOf(await links.linked(await account()))).to.equal('1');
    expect(codeOf(await links.linked(await account('root')))).to.equal('ERR_ACCOUNT_LOCAL');
    expect(seen).to.have.length(2);
  });

  it('lets the host link its local accounts, but adds no row for them', async () => {
    const links = linksOf();
    table.local('root');
    await started.administration.users.create({ subject: 'root', authMethod: 'local' });
    await started.administration.users.create({ subject: 'other', authMethod: 'local' });
    const found = async (subject: string) => (await started.resolver.find(subject)) ?? expect.fail();
    expect(codeOf(await links.linked(await found('root')))).to.equal('1');
    expect(codeOf(await links.linked(await found('other')))).to.equal('ERR_HOST_USER_UNKNOWN');
    expect(table.calls).to.not.include('create other');
  });

  it('remembers a refusal for two seconds, so that a refused user cannot flood the table', async () => {
    const clock = stoppedClock();
    const links = linksOf(table, clock);
    table.local('alice');
    for (let request = 0; request < 10; request += 1) {
      expect(codeOf(await links.linked(await account()))).to.equal('ERR_ACCOUNT_LOCAL');
    }
    expect(table.calls).to.deep.equal(['find alice']);
    clock.advance(2000);
    await links.linked(await account());
    expect(table.calls).to.deep.equal(['find alice', 'find alice']);
    // A link counts at once.
    await started.administration.users.link('alice', 1);
    expect(codeOf(await links.linked(await account()))).to.equal('1');
  });

  describe('with functions that fail', () => {
    const secret = new Error('connection refused');
    const failing: readonly (readonly [string, Partial<HostUsers>])[] = [
      ['find failed', { find: () => Promise.reject(secret) }],
      [
        'find failed',
        {
          find: () => {
            throw secret;
          },
        },
      ],
      ['create failed', { create: () => Promise.reject(secret) }],
      ['isProtected failed', { isProtected: () => Promise.reject(secret) }],
    ];
    for (const [what, functions] of failing) {
      it(`answers 503, links nothing, and says why: ${what}`, async () => {
        const user = await account();
        expect(await refusal(linksOf({ ...table, ...functions }).linked(user))).to.equal('ERR_HOST_USERS_UNAVAILABLE');
        expect((await directory.findUser('alice'))?.hostUserId).to.equal(undefined);
        expect(started.events.at(-1)).to.deep.equal({
          type: 'error',
          code: 'ERR_HOST_USERS_UNAVAILABLE',
          message: `hostUsers.${what}`,
          cause: 'connection refused',
        });
        // The next request tries again.
        expect(codeOf(await linksOf().linked(user))).to.equal('1');
      });
    }

    const unusable: readonly (readonly [string, unknown])[] = [
      ['create returned no row', undefined],
      ['create returned no row', 7],
      ['find and create: the row lacks createdFor', { id: 7 }],
      ['find and create: the id of the row is not a text or a whole number', { id: 1.5 }],
      ['find and create: the id of the row is not a text or a whole number', { id: '' }],
      ['find and create: the id of the row is not a text or a whole number', { id: 'a\nb' }],
      ['find and create: the id of the row is not a text or a whole number', { id: { toString: () => '7' } }],
      ['find and create: the id of the row is not a text or a whole number', {}],
    ];
    for (const [what, row] of unusable) {
      it(`answers 503 for an unusable row: ${what}, ${JSON.stringify(row)}`, async () => {
        const user = await account();
        const marked =
          what.includes('createdFor') || typeof row !== 'object' ? row : { createdFor: user.userId, ...row };
        const odd = { ...table, create: () => marked as never };
        expect(await refusal(linksOf(odd).linked(user))).to.equal('ERR_HOST_USERS_UNAVAILABLE');
        expect(started.events.at(-1)).to.include({ type: 'error', message: `hostUsers.${what}` });
        expect((await directory.findUser('alice'))?.hostUserId).to.equal(undefined);
      });
    }

    it('answers 503 for an isProtected that is neither true nor false', async () => {
      const odd = { ...table, isProtected: () => undefined as never };
      expect(await refusal(linksOf(odd).linked(await account()))).to.equal('ERR_HOST_USERS_UNAVAILABLE');
    });

    it('waits five seconds at most, and discards what comes later', async () => {
      const clock = stoppedClock();
      let answer = (_row: undefined) => {};
      const slow = {
        ...table,
        find: () =>
          new Promise<undefined>((resolve) => {
            answer = resolve;
          }),
      };
      const user = await account();
      const links = linksOf(slow, clock);
      const waiting = Array.from({ length: 20 }, () => refusal(links.linked(user)));
      await new Promise(setImmediate);
      clock.advance(5000);
      expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['ERR_HOST_USERS_UNAVAILABLE']));
      answer(undefined);
      await new Promise(setImmediate);
      expect(table.calls).to.deep.equal([]);
      expect((await directory.findUser('alice'))?.hostUserId).to.equal(undefined);
      const message = 'hostUsers.functions took longer than 5 seconds';
      expect(started.events.filter(({ type }) => type === 'error')).to.deep.equal([
        { type: 'error', code: 'ERR_HOST_USERS_UNAVAILABLE', message },
      ]);
    });

    it('waits five seconds at most for what explains a decision, and for who is logged in at the host', async () => {
      const clock = stoppedClock();
      const hanging = () => new Promise<never>(() => {});
      const links = linksOf({ ...table, find: hanging, current: hanging }, clock);
      const waiting = [
        refusal(links.refusal({ subject: 'alice', authMethod: 'proxy' })),
        refusal(links.currentRow({} as never)),
      ];
      await new Promise(setImmediate);
      clock.advance(5000);
      expect(await Promise.all(waiting)).to.deep.equal(Array(2).fill('ERR_HOST_USERS_UNAVAILABLE'));
      const messages = started.events.flatMap((event) => (event.type === 'error' ? [event.message] : []));
      expect(messages).to.have.members([
        'hostUsers.find took longer than 5 seconds',
        'hostUsers.current took longer than 5 seconds',
      ]);
    });

    it('answers 503 if the host cannot say who is logged in, and names the cause', async () => {
      const broken = { ...table, current: () => Promise.reject(new Error('the login server is down')) };
      expect(await refusal(linksOf(broken).currentRow({} as never))).to.equal('ERR_HOST_USERS_UNAVAILABLE');
      expect(started.events.find(({ type }) => type === 'error')).to.include({
        message: 'hostUsers.current failed',
        cause: 'the login server is down',
      });
    });

    it('asks for eight users at a time, and bounds the wait of the others, too', async () => {
      const clock = stoppedClock();
      let asked = 0;
      const hanging = {
        ...table,
        timeoutSeconds: 1,
        find: () => {
          asked += 1;
          return new Promise<never>(() => {});
        },
      };
      const users = await Promise.all(Array.from({ length: 20 }, (_, index) => account(`user-${index}`)));
      const links = linksOf(hanging, clock);
      const waiting = users.map((user) => refusal(links.linked(user)));
      await new Promise(setImmediate);
      expect(asked).to.equal(8);
      clock.advance(1000);
      expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['ERR_HOST_USERS_UNAVAILABLE']));
      expect(asked).to.equal(8);
      // Functions that never answer do not block those who come later.
      expect(codeOf(await linksOf().linked(await account()))).to.equal('1');
    });
  });
});
