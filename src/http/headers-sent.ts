// Tells whether a response has started, even if a framework overrides Node's `headersSent`.
import { OutgoingMessage } from 'node:http';

const inherited = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, 'headersSent')?.get;

/**
 * Whether the headers of the response are on their way. @fastify/express defines its own `headersSent`, which stays
 * false for responses that middleware writes. HTTP/2 responses have a `headersSent` of their own, which Node's
 * HTTP/1.1 getter does not cover.
 */
export function headersSent(res: Pick<OutgoingMessage, 'headersSent'>): boolean {
  return res.headersSent || inherited?.call(res) === true;
}
