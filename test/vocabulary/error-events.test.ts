// Errors reach the host as events, limited in number, or as process warnings without a listener.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { eventListener } from '../../src/vocabulary/error-events.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import { listening, plainLatchkey } from '../frameworks/rig.js';
import { send } from '../http/client.js';

type Warning = Error & { readonly code?: string };

const away: LatchkeyEvent = { type: 'error', code: 'ERR_STATE_UNAVAILABLE', message: 'away', reason: 'ECONNREFUSED' };

/** Returns Latchkey's process warnings during some work. */
async function warnings(work: () => unknown): Promise<Warning[]> {
  const seen: Warning[] = [];
  const note = (warning: Warning): void => void (warning.code?.startsWith('LATCHKEY_') && seen.push(warning));
  process.on('warning', note);
  try {
    await work();
    // Warnings are emitted in their order, on the next tick. So this one is the last.
    process.emitWarning('the last one', { code: 'TEST_LAST' });
    for (;;) {
      const [warning] = (await once(process, 'warning')) as [Warning];
      if (warning.code === 'TEST_LAST') return seen;
    }
  } finally {
    process.off('warning', note);
  }
}

describe('error events', () => {
  it('are emitted once a minute for the same reason, and other events each time', () => {
    const told: LatchkeyEvent[] = [];
    let now = 0;
    const emit = eventListener(
      (event) => void told.push(event),
      () => now,
    );
    for (let second = 0; second < 150; second += 1) {
      now = second * 1000;
      emit(away);
      emit({ type: 'state.lost' });
    }
    expect(told.filter(({ type }) => type === 'error')).to.deep.equal([
      away,
      { ...away, unreported: 59 },
      { ...away, unreported: 59 },
    ]);
    expect(told.filter(({ type }) => type === 'state.lost')).to.have.length(150);
  });

  it('with another code, reason or text are emitted separately', () => {
    const told: LatchkeyEvent[] = [];
    const emit = eventListener(
      (event) => void told.push(event),
      () => 0,
    );
    const others = [away, { ...away, code: 'ERR_CONFIG' }, { ...away, reason: 'NOPERM' }, { ...away, message: 'gone' }];
    for (const event of [...others, ...others]) emit(event as LatchkeyEvent);
    expect(told).to.deep.equal(others);
  });

  it('are not suppressed by a clock that is set back', () => {
    const told: LatchkeyEvent[] = [];
    let now = 1e12;
    const emit = eventListener(
      (event) => void told.push(event),
      () => now,
    );
    emit(away);
    now = 0;
    emit(away);
    expect(told).to.have.length(2);
  });

  it('become process warnings without a listener, once a minute, and other events do not', async () => {
    const seen = await warnings(() => {
      let now = 0;
      const emit = eventListener(undefined, () => now);
      for (now = 0; now <= 60_000; now += 100) {
        emit({ ...away, cause: 'connect ECONNREFUSED' } as LatchkeyEvent);
        emit({ type: 'state.lost' });
      }
    });
    const line = 'ERR_STATE_UNAVAILABLE: away (ECONNREFUSED: connect ECONNREFUSED)';
    expect(seen.map(({ code, message }) => [code, message])).to.deep.equal([
      ['LATCHKEY_ERROR', line],
      ['LATCHKEY_ERROR', `${line} [599 more since the last warning]`],
    ]);
  });

  it('cause no warnings if the host listens', async () => {
    const told: LatchkeyEvent[] = [];
    expect(
      await warnings(() =>
        eventListener(
          (event) => void told.push(event),
          () => 0,
        )(away),
      ),
    ).to.deep.equal([]);
    expect(told).to.deep.equal([away]);
  });

  it('cause one warning a minute if the listener throws', async () => {
    const emit = eventListener(
      () => {
        throw new Error('a broken logger');
      },
      () => 0,
    );
    const seen = await warnings(() => {
      for (let request = 0; request < 1000; request += 1) emit({ type: 'state.lost' });
    });
    expect(seen.map(({ code }) => code)).to.deep.equal(['LATCHKEY_ON_EVENT']);
  });

  it('report to the log, and not to the client, that authenticate has not run', async () => {
    const { auth } = plainLatchkey({ onEvent: undefined });
    const app = express();
    app.get('/', auth.requireLogin(), (_req, res) => void res.json({}));
    app.use(auth.problems);
    const server = createServer(app);
    const port = await listening(server);
    const seen = await warnings(async () => {
      for (let request = 0; request < 3; request += 1) {
        const answer = await send(port, '/', { user: 'alice' });
        expect(answer.json).to.include({ status: 500, code: 'ERR_CONFIG' });
        expect(answer.text).to.not.contain('authenticate');
      }
    });
    expect(seen.map(({ code }) => code)).to.deep.equal(['LATCHKEY_ERROR']);
    expect(seen[0]?.message).to.contain('ERR_CONFIG').and.to.contain('authenticate has not run');
    server.close();
    await auth.close();
  });

  it('report a directory of the host that breaks its contract', async () => {
    const findUser = () => Promise.reject(Object.assign(new Error('Unknown column'), { code: 'ER_BAD_FIELD_ERROR' }));
    const { auth, events } = plainLatchkey({ directory: { ...memoryDirectory(), findUser } });
    await auth.users.find('ada').catch(() => {});
    expect(events.filter(({ type }) => type === 'error')).to.deep.equal([
      {
        type: 'error',
        code: 'ERR_DIRECTORY_UNAVAILABLE',
        message: 'The directory is not available',
        reason: 'ER_BAD_FIELD_ERROR',
        cause: 'Unknown column',
      },
    ]);
    await auth.close();
  });
});
