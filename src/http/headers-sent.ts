// Determines whether a response has started, even if a framework overrides Node's `headersSent`.
import { OutgoingMessage } from 'node:http';

const inherited = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, 'headersSent')?.get;

/**
 * Returns whether the headers of the response have been sent. With the package @fastify/express, `headersSent` stays
 * false for responses from middleware, so Node's own getter is called as well. HTTP/2 responses have a different
 * `headersSent`, for which that getter does not work.
 */
export function headersSent(res: Pick<OutgoingMessage, 'headersSent'>): boolean {
  return res.headersSent || inherited?.call(res) === true;
}
