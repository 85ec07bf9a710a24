// Whether an answer has begun, whatever a framework put over Node's own word for it.
import { OutgoingMessage } from 'node:http';

const inherited = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, 'headersSent')?.get;

/**
 * Whether the head of the answer is on its way. @fastify/express defines a `headersSent` of its own, which stays false for
 * what middleware writes; an HTTP/2 answer has one that Node's getter for HTTP/1.1 knows nothing about.
 */
export function headersSent(res: Pick<OutgoingMessage, 'headersSent'>): boolean {
  return res.headersSent || inherited?.call(res) === true;
}
