// The audit trail as a file, which takes time to read.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Administered, startAdministered } from './administrator.js';
import type { HostOptions } from './harness.js';
import { firstThen, gate, longTrail } from './trails.js';

describe('admin/audit?format=jsonl', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const restart = async (changes: Partial<Directory>, options: HostOptions = {}) => {
    await host.close();
    host = await startAdministered({ directory: { ...memoryDirectory(), ...changes }, ...options });
    // So that root is not the last administrator.
    await host.administration.users.create({ subject: 'ann', authMethod: 'local', grantedRoles: ['admin'] });
  };

  /** The response after its headers; its body is not read yet. */
  async function begin(query = 'format=jsonl'): Promise<IncomingMessage> {
    const headers = { 'Remote-User': 'root', 'Remote-Groups': 'admins' };
    const path = `/auth/admin/audit?${query}`;
    const sent = request({ host: '127.0.0.1', port: host.port, path, headers, agent: false });
    sent.end();
    const [response] = await once(sent, 'response');
    // After the headers, errors arrive on the response.
    sent.on('error', () => {});
    return response;
  }

  it('has one line per entry that matches the filters', async () => {
    const trail = longTrail(2500);
    await restart(trail);
    const answer = await host.look('audit?format=jsonl&actor=ann&since=2026-11-01');
    expect(answer.headers).to.include({
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="audit.jsonl"',
      'cache-control': 'no-store',
    });
    const lines = answer.text.split('\n');
    expect(lines.pop()).to.equal('');
    expect(lines.map((line) => JSON.parse(line).id)).to.deep.equal(
      Array.from({ length: 2500 }, (_, index) => String(2500 - index)),
    );
    expect(JSON.parse(lines[0] ?? '')).to.have.keys(
      ...['id', 'at', 'actor', 'action', 'subject', 'group', 'device_id', 'changes'],
    );
    const asked = { actor: 'ann', since: new Date('2026-11-01'), limit: 1000 };
    expect(trail.asked.map(({ after: _, ...query }) => query)).to.deep.equal([asked, asked, asked]);
    expect(trail.asked.map(({ after }) => after?.id)).to.deep.equal([undefined, '1501', '501']);
  });

  it('is empty when nothing matches', async () => {
    const answer = await host.look('audit?format=jsonl');
    expect([answer.status, answer.text]).to.deep.equal([200, '']);
  });

  it('is complete when the last page is full', async () => {
    await restart(longTrail(2000));
    expect((await host.look('audit?format=jsonl')).text.split('\n')).to.have.length(2001);
  });

  it('is not read for a HEAD request', async () => {
    const trail = longTrail(2500);
    await restart(trail);
    const answer = await host.look('audit?format=jsonl', { method: 'HEAD' });
    expect([answer.status, answer.text]).to.deep.equal([200, '']);
    expect(trail.asked).to.have.length(1);
  });

  it('is read no faster than the client reads it, and no further after the client is gone', async () => {
    const trail = longTrail(1_000_000);
    await restart(trail);
    const accepted = once(host.server, 'connection');
    const response = await begin();
    const [socket] = (await accepted) as [Socket];
    // Reads the first bytes only: the rest has to wait for buffer space.
    await once(response, 'readable');
    expect(await stillness(() => trail.asked.length)).to.be.lessThan(200);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    response.destroy();
    await closed;
    const asked = trail.asked.length;
    expect(await stillness(() => trail.asked.length)).to.be.at.most(asked + 1);
    expect(host.hostErrors).to.deep.equal([]);
  });

  it('resets the connection when the directory fails midway', async () => {
    const trail = longTrail(5000);
    const second = gate();
    await restart(firstThen(trail, second));
    const response = await begin();
    expect(response.statusCode).to.equal(200);
    second.fail(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE'));
    await brokenOff(response);
    expect(host.hostErrors).to.have.length(1);
    expect(host.hostErrors[0]).to.have.property('code', 'ERR_DIRECTORY_UNAVAILABLE');
  });

  // An HTTP/1.0 response ends when its connection ends, and nginx uses that version by default.
  it('does not look complete to HTTP/1.0 clients either', async () => {
    const head = 'GET /auth/admin/audit?format=jsonl HTTP/1.0\r\nRemote-User: root\r\nRemote-Groups: admins\r\n\r\n';
    const second = gate();
    await restart(firstThen(longTrail(5000), second));
    await host.person('root');
    for (const breakOff of [
      () => host.administration.users.disable('root'),
      () => second.fail(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE')),
    ]) {
      await host.administration.users.enable('root');
      const socket = connect(host.port, '127.0.0.1');
      socket.write(head);
      await once(socket, 'readable');
      await breakOff();
      const [error] = await once(
        socket.resume().on('end', () => socket.destroy(new Error('whole'))),
        'error',
      );
      expect(error).to.have.property('code', 'ECONNRESET');
    }
  });

  it('is refused with a code when the directory is unavailable from the start', async () => {
    await restart({ listAudit: () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE')) });
    const answer = await host.look('audit?format=jsonl');
    expect(answer.json).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503 });
    expect(answer.headers).to.not.have.property('content-disposition');
  });

  describe('for a reader who is no longer an administrator', () => {
    const losses: Readonly<Record<string, () => Promise<unknown>>> = {
      'is disabled': () => host.administration.users.disable('root'),
      'is removed': () => host.administration.users.delete('root'),
      'loses the role': () => host.ask('/who', { user: 'root', groups: 'staff' }),
      'is converted': () => host.administration.users.convert('root', 'local'),
    };
    for (const [title, lose] of Object.entries(losses)) {
      it(`resets the connection when the reader ${title}`, async () => {
        const trail = longTrail(1_000_000);
        await restart(trail);
        const response = await begin();
        await once(response, 'readable');
        await stillness(() => trail.asked.length);
        await lose();
        await brokenOff(response);
        expect(trail.asked.length).to.be.lessThan(200);
        expect(host.hostErrors).to.deep.equal([]);
      });
    }

    it('resets the connection even while the directory is being queried', async () => {
      const trail = longTrail(5000);
      const second = gate();
      await restart(firstThen(trail, second));
      const response = await begin();
      await once(response, 'readable');
      await second.asked;
      await host.administration.users.disable('root');
      await brokenOff(response);
      second.open([]);
      expect(host.hostErrors).to.deep.equal([]);
    });

    it('is refused with a code before the first line', async () => {
      const first = gate();
      await restart(first);
      const answer = host.look('audit?format=jsonl');
      await first.asked;
      await host.ask('/who', { user: 'root', groups: 'staff' });
      first.open(await longTrail(5).listAudit({ limit: 5 }));
      expect((await answer).json).to.include({ code: 'ERR_ROLE_REQUIRED', status: 403 });
      expect((await answer).headers).to.not.have.property('content-disposition');
    });

    it('continues when only other roles change', async () => {
      const second = gate();
      await restart(firstThen(longTrail(1000), second));
      const answer = host.look('audit?format=jsonl');
      await second.asked;
      await host.administration.users.addRoles('root', ['editor']);
      second.open(await longTrail(5).listAudit({ limit: 5 }));
      expect((await answer).text.split('\n')).to.have.length(1006);
    });

    it('ends the watch of the reader with the download', async () => {
      const watched: string[] = [];
      const watchPrincipal = ({ subject }: { readonly subject: string }) => {
        watched.push(`${subject} comes`);
        return () => void watched.push(`${subject} goes`);
      };
      await restart(longTrail(2500), { services: { watchPrincipal } });
      for (const method of ['GET', 'HEAD']) await host.look('audit?format=jsonl', { method });
      await host.look('audit?format=jsonl&since=yesterday');
      await host.close();
      expect(watched).to.deep.equal(['root comes', 'root goes', 'root comes', 'root goes']);
    });
  });
});

/** The final value of a count: unchanged over many turns of the event loop, I/O included. */
async function stillness(count: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 200; ) {
    await new Promise((resolve) => setImmediate(resolve));
    same = count() === last ? same + 1 : 0;
    last = count();
  }
  return last;
}

/** Reads to the end and expects a reset. */
async function brokenOff(response: IncomingMessage): Promise<void> {
  let failure: unknown;
  try {
    for await (const _ of response);
  } catch (error) {
    failure = error;
  }
  expect(failure).to.have.property('code', 'ECONNRESET');
  expect(response.complete).to.equal(false);
}
