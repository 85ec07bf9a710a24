// Fake sockets and requests, for addresses that no test can use.
import type { Socket } from 'node:net';
import type { IdentityRequest } from '../../src/identity/identify.js';

/** A socket with this remote address and these other properties. */
export function socketFrom(remoteAddress: string | undefined, more: object = {}): Socket {
  return { remoteAddress, localAddress: '127.0.0.1', destroyed: false, ...more } as Socket;
}

/** A request from loopback with these header fields. */
export function requestWith(fields: readonly (readonly [string, string])[], url = '/reports'): IdentityRequest {
  const all = [['Host', 'app.example'], ...fields];
  // Like Node: each byte becomes one character.
  const rawHeaders = all.flat().map((text) => Buffer.from(text).toString('latin1'));
  return { rawHeaders, url, socket: socketFrom('127.0.0.1') };
}
