// The parts that most servers of the tests have.
import type { ServerParts } from '../../../src/http/openapi/operation.js';

/** A server with header login, tokens and quick connect, and without sessions. */
export const usualParts: ServerParts = {
  headerLogin: true,
  session: 'none',
  tokens: true,
  quickConnect: true,
  deviceFlow: false,
  introspection: false,
  hostUsers: false,
  pages: ['quick-connect', 'admin'],
};

/** The same server with the device flow. */
export const deviceFlowParts: ServerParts = {
  ...usualParts,
  deviceFlow: true,
  pages: ['quick-connect', 'activate', 'admin'],
};
