// Callbacks of the host may throw or reject without any effect on Latchkey.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { latchkey, memoryDirectory, memoryState, type OnEvent } from '../../src/index.js';
import { callSafely } from '../../src/vocabulary/call-safely.js';

/** The next process warning. */
async function warning(): Promise<{ readonly message: string; readonly code?: string }> {
  const [told] = (await once(process, 'warning')) as [{ message: string; code?: string }];
  return told;
}

describe('callSafely', () => {
  it('reports what a callback throws, and what its promise rejects with', async () => {
    const reasons: string[] = [];
    const tell = (reason: string) => void reasons.push(reason);
    callSafely(() => {
      throw new Error('now');
    }, tell);
    callSafely(() => {
      throw 'no error';
    }, tell);
    callSafely(() => 'fine', tell);
    callSafely(async () => 'fine', tell);
    expect(reasons).to.deep.equal(['now', 'not an Error']);
    const told = new Promise<string>((resolve) => callSafely(() => Promise.reject(new Error('later')), resolve));
    expect(await told).to.equal('later');
  });
});

describe('a failing callback of the host', () => {
  const listeners: readonly (readonly [string, OnEvent])[] = [
    [
      'throws',
      () => {
        throw new Error('the log is full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the log is full'))],
  ];
  for (const [how, onEvent] of listeners) {
    it(`that is an onEvent that ${how} causes a warning, and the request continues`, async () => {
      const auth = latchkey({
        trustedProxies: ['192.0.2.1'],
        headers: 'authelia',
        directory: memoryDirectory(),
        state: memoryState(),
        session: 'none',
        onEvent,
      });
      const server = createServer(express().use(auth.authenticate).use(auth.problems)).listen(0, '127.0.0.1');
      try {
        await once(server, 'listening');
        const told = warning();
        const { port } = server.address() as AddressInfo;
        const sent = request({ port, host: '127.0.0.1', headers: { 'Remote-User': 'mallory' } }).end();
        const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
        response.resume();
        expect(response.statusCode).to.equal(403);
        expect(await told).to.include({
          code: 'LATCHKEY_ON_EVENT',
          message: 'onEvent threw on assertion.refused: the log is full',
        });
      } finally {
        server.close();
        server.closeAllConnections();
        await auth.close();
      }
    });
  }

  it('that is a rejecting callback of watchPrincipal causes a warning, too', async () => {
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState(),
      session: 'none',
    });
    try {
      const told = warning();
      const principal = { userId: 'gone', subject: 'gone', roles: new Set<string>(), method: 'header' } as const;
      auth.watchPrincipal(principal, {
        async onRefused() {
          throw new Error('the socket is gone');
        },
      });
      expect(await told).to.include({
        code: 'LATCHKEY_WATCH_PRINCIPAL',
        message: 'A callback of watchPrincipal threw: the socket is gone',
      });
    } finally {
      await auth.close();
    }
  });
});
