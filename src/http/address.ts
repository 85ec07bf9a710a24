// Determines the client address to display. Trust never depends on it.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const maximumLength = 64;

/**
 * The address to show for a request: Express' `req.ip`, which follows the host's `trust proxy`, otherwise the
 * socket's. If the host trusts every proxy, a client can choose this text freely, so text that is not an address is
 * dropped.
 */
export function addressOf(req: IncomingMessage & { readonly ip?: string | undefined }): string | undefined {
  return shownAddress(req.ip ?? req.socket.remoteAddress);
}

/** Returns this text as an address to show, or `undefined` if it is not an address. */
export function shownAddress(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  // On a dual-stack socket, IPv4 addresses have the form ::ffff:192.0.2.1.
  const address = text.replace(/^::ffff:(?=[\d.]+$)/i, '');
  return isIP(address) === 0 || address.length > maximumLength ? undefined : address;
}
