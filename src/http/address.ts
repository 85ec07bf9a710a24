// Determines the client's address for display. Latchkey never trusts a request because of this address.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const maximumLength = 64;

/**
 * Returns the client's address for display. This is Express' `req.ip`, which depends on the host's setting
 * `trust proxy`, or else the address of the socket. If the host trusts every proxy, a client can send any text as
 * `req.ip`, so this function ignores text that is not an address.
 */
export function addressOf(req: IncomingMessage & { readonly ip?: string | undefined }): string | undefined {
  return shownAddress(req.ip ?? req.socket.remoteAddress);
}

/** Returns the text as an address for display, or `undefined` if the text is not an address. */
export function shownAddress(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  // On a dual-stack socket, IPv4 addresses have the form `::ffff:192.0.2.1`.
  const address = text.replace(/^::ffff:(?=[\d.]+$)/i, '');
  return isIP(address) === 0 || address.length > maximumLength ? undefined : address;
}
