// Metrics tests: the values of a metric, and requests without a network.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Latchkey } from '../../src/index.js';

/** The values of a metric that are not zero. The key of a value joins the values of its labels with a space. */
export async function valuesOf(auth: Latchkey, name: string): Promise<Record<string, number>> {
  const metric = (await auth.metrics.read()).find((each) => each.name === name);
  if (metric === undefined) throw new Error(`no metric ${name}`);
  const values = metric.values.map(({ labels, value }) => [Object.values(labels).join(' '), value] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== 0));
}

/** All series, as a collector sees them. */
export async function seriesOf(auth: Latchkey): Promise<readonly string[]> {
  const metrics = await auth.metrics.read();
  return metrics.flatMap(({ values }) => values.map(({ metricName, labels }) => metricName + JSON.stringify(labels)));
}

/** Sends a request through `authenticate`, without a network. Resolves to the error with which it was refused. */
export function authenticated(auth: Latchkey, fields: readonly (readonly [string, string])[]): Promise<unknown> {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' });
  const req = new IncomingMessage(socket);
  req.url = fields.some(([name]) => name === 'Authorization') ? '/api/library' : '/library';
  req.method = 'GET';
  for (const [name, value] of fields) {
    req.rawHeaders.push(name, value);
    req.headers[name.toLowerCase()] = value;
  }
  return new Promise((resolve) => auth.authenticate(req as never, new ServerResponse(req) as never, resolve));
}
