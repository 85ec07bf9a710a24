// Tells whether a response has started, even if a framework overrides Node's `headersSent`.
import { OutgoingMessage } from 'node:http';

const inherited = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, 'headersSent')?.get;

/**
 * Returns whether the headers of the response have been sent. The `headersSent` of the package @fastify/express stays
 * false for responses that middleware writes. HTTP/2 responses have their own `headersSent`, and Node's HTTP/1.1 getter
 * does not work for them.
 */
export function headersSent(res: Pick<OutgoingMessage, 'headersSent'>): boolean {
  return res.headersSent || inherited?.call(res) === true;
}
