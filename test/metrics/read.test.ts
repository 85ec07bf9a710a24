// What auth.metrics.read() returns: bounded, complete from the start, and without data about people.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/index.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { plainLatchkey } from '../frameworks/rig.js';
import { authenticated, seriesOf, valuesOf } from './values.js';

describe('the metrics', () => {
  it('do not grow with 10,000 users and 10,000 wrong tokens', async () => {
    const { auth } = plainLatchkey();
    const before = await seriesOf(auth);
    expect(new Set(before).size).to.equal(before.length).and.to.be.lessThan(400);
    for (let user = 0; user < 10_000; user += 1) await authenticated(auth, [['Remote-User', `user-${user}`]]);
    for (let token = 0; token < 10_000; token += 1) {
      await authenticated(auth, [['Authorization', `Bearer ${Math.random()}.wrong.${token}`]]);
    }
    expect(await valuesOf(auth, 'latchkey_requests_total')).to.deep.equal({ header: 10_000, refused: 10_000 });
    expect(await seriesOf(auth)).to.deep.equal(before);
    const text = JSON.stringify(await auth.metrics.read());
    expect(text).to.not.contain('user-').and.to.not.contain('wrong');
    await auth.close();
  }).timeout(120_000);

  it('count how much memory and how many open connections an instance has', async () => {
    const { auth } = plainLatchkey();
    await auth.users.create({ subject: 'carol', authMethod: 'local' });
    const principal = { userId: 'none', subject: 'carol', roles: new Set<string>(), method: 'session' } as const;
    await authenticated(auth, [['Remote-User', 'alice']]);
    // The mappings and alice.
    expect(await valuesOf(auth, 'latchkey_memory_entries')).to.deep.equal({ '': 2 });
    const unwatch = [1, 2, 3].map(() => auth.watchPrincipal(principal, { onRefused: () => {} }));
    expect(await valuesOf(auth, 'latchkey_watched_principals')).to.deep.equal({ '': 3 });
    for (const each of unwatch) each();
    expect(await valuesOf(auth, 'latchkey_watched_principals')).to.deep.equal({});
    expect(await valuesOf(auth, 'latchkey_answers_from_memory')).to.deep.equal({ '': 1 });
    await auth.close();
    expect(await valuesOf(auth, 'latchkey_answers_from_memory')).to.deep.equal({});
  });

  it('show the status of auth.health()', async () => {
    const away = () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE'));
    const { auth } = plainLatchkey({ directory: { ...memoryDirectory(), listUsers: away } });
    const { status } = await auth.health();
    expect(status).to.not.equal('ready');
    expect(await valuesOf(auth, 'latchkey_health')).to.deep.equal({ [status]: 1 });
    await auth.close();
  });
});
