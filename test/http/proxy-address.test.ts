// The address by which throttles count clients behind a proxy.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { checkedLimits } from '../../src/pairing/limits.js';
import { type Host, startHost } from './harness.js';

const limits = checkedLimits();

const grant = 'urn:latchkey:params:oauth:grant-type:quick-connect';

/** The process warnings of this kind during some work. */
async function warnings(work: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = [];
  const listen = (warning: Error & { code?: string }) => {
    if (warning.code === 'LATCHKEY_TRUST_PROXY') heard.push(warning.message);
  };
  process.on('warning', listen);
  try {
    await work();
    // Warnings are emitted on the next tick.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', listen);
  }
  return heard;
}

describe('the client address behind a proxy', () => {
  let host: Host;
  afterEach(() => host.close());
  const start = async (trustProxy?: string | string[]) => {
    host = await startHost({
      store: null,
      ...(trustProxy === undefined ? {} : { before: (app) => app.set('trust proxy', trustProxy) }),
    });
  };
  const guess = (forwarded?: string) =>
    host.ask('/api/auth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(forwarded ? { 'X-Forwarded-For': forwarded } : {}) },
      body: JSON.stringify({ grant_type: grant, code: 'AAAA-AAAA-AAAA', client_id: 'app', device_name: 'Phone' }),
    });

  it('is the client’s own when the host sets trust proxy to its proxy, without a warning', async () => {
    await start('127.0.0.1');
    const heard = await warnings(async () => {
      for (let count = 0; count < limits.address; count += 1) await guess('203.0.113.66');
      expect((await guess('203.0.113.66')).status).to.equal(429);
      // Text from the client itself is to the left of what the proxy adds.
      expect((await guess('198.51.100.1, 203.0.113.66')).status).to.equal(429);
      expect((await guess('203.0.113.7')).status).to.equal(400);
    });
    expect(heard).to.deep.equal([]);
  });

  it('is the proxy’s when the host does not: it is warned once, and throttles count the proxy', async () => {
    await start();
    const heard = await warnings(async () => {
      for (let count = 0; count < limits.address; count += 1) await guess(`203.0.113.${count}`);
      expect((await guess('203.0.113.200')).status).to.equal(429);
      await host.ask('/auth/me', { user: 'ada', headers: { 'X-Forwarded-For': '203.0.113.7' } });
    });
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include("'trust proxy'").and.not.include('203.0.113');
  });

  it('is the client’s own when the client runs on the proxy’s machine, without a warning', async () => {
    await start('loopback');
    expect(await warnings(() => guess('127.0.0.1'))).to.deep.equal([]);
  });

  it('is still a proxy’s when there are two and Express trusts one: the host is warned', async () => {
    await start('127.0.0.1');
    expect(await warnings(() => guess('203.0.113.7, 127.0.0.2'))).to.have.length(1);
  });

  it('causes no warning when requests were not forwarded', async () => {
    await start();
    expect(await warnings(() => guess())).to.deep.equal([]);
  });

  it('is set in the README’s app, to the proxy that it trusts', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [, trusted] = /trustedProxies: \['([^']+)'\]/.exec(readme) ?? [];
    expect(readme).to.include(`app.set('trust proxy', '${trusted}')`);
  });
});
