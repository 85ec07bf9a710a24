// Loaded with `--import` into a server that a test starts as a process of its own: compares its answers with the
// OpenAPI documents, and writes violations to its error output.
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerParts } from '../../../src/http/openapi/operation.js';
import { checkersOf, violationsOf } from './answer-check.js';
import { recordExchange } from './exchange.js';
import { violationMark } from './violations.js';

const parts: ServerParts = JSON.parse(process.env['SERVER_PARTS'] ?? '');

interface Started {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

// Node publishes this message for each request, before the server handles it.
diagnostics.subscribe('http.server.request.start', (message) => {
  const { request, response } = message as Started;
  recordExchange(request, response, (exchange) => {
    for (const violation of violationsOf(exchange, () => checkersOf(parts))) {
      process.stderr.write(`${violationMark}${violation.replaceAll('\n', ' ')}\n`);
    }
  });
});
