// Where a request says it comes from, for people to look at. Trust is decided elsewhere, and never by this.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const maximumLength = 64;

/**
 * The address to show for a request: Express' `req.ip`, which follows the host's `trust proxy`, otherwise the socket's.
 * Where the host trusts any proxy, a client can write there what it likes; what is no address is left out.
 */
export function addressOf(req: IncomingMessage & { readonly ip?: string | undefined }): string | undefined {
  // On a socket for both families, IPv4 comes as ::ffff:192.0.2.1.
  const address = (req.ip ?? req.socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/i, '');
  return isIP(address) === 0 || address.length > maximumLength ? undefined : address;
}
