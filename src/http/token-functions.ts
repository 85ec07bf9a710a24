// Authenticates tokens that the host received by other means than an `Authorization` header.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Principal } from '../vocabulary/types.js';
import { shownAddress } from './address.js';
import type { Authentication } from './authenticate.js';

/** The functions for API tokens. */
export interface TokenFunctions {
  /**
   * Authenticates a token that did not arrive in an `Authorization` header, but for example in the URL of a media
   * player, in the first message of a WebSocket, or in the connection parameters of GraphQL. Decides exactly as for a
   * bearer request, and records the use of the device. Resolves to the principal of the token (`method: 'token'`, with
   * `deviceId`).
   *
   * Resolves to `undefined` only with `tokens.foreignTokens: 'pass'`, for a token that does not claim to be Latchkey's.
   *
   * `address` is the client's IP address to show in the list of devices. Default: the address is not recorded.
   *
   * @throws {LatchkeyError} As a rejection: the codes of a bearer request, such as `ERR_TOKEN_INVALID` (401),
   * `ERR_ACCOUNT_DISABLED` (403) or `ERR_DIRECTORY_UNAVAILABLE` (503). `ERR_CONFIG` without the option `tokens`.
   *
   * @example
   * app.get('/api/stream', async (req, res) => {
   *   const principal = await auth.tokens.authenticate(String(req.query['token']), { address: req.ip });
   *   res.json({ owner: principal?.subject });
   * });
   */
  authenticate(
    token: string,
    context?: { readonly address?: string | undefined } | undefined,
  ): Promise<Principal | undefined>;
}

/**
 * The maximum length of a token in characters. Node refuses longer headers, so no bearer request can have a longer
 * token.
 */
const longestToken = 16_384;

/** Creates the functions. `enabled` says whether the host has API tokens. */
export function tokenFunctions(
  { authenticateToken }: Pick<Authentication, 'authenticateToken'>,
  enabled: boolean,
): TokenFunctions {
  return {
    async authenticate(token, { address } = {}) {
      if (!enabled) {
        const detail = 'tokens.authenticate: expected the option tokens, { keys, issuer }, saw nothing.';
        throw new LatchkeyError('ERR_CONFIG', { detail });
      }
      // The host passes on what a client has sent, which is not always a text: for example, a query parameter can be a
      // list.
      if (typeof token !== 'string' || token.length > longestToken) throw new LatchkeyError('ERR_TOKEN_INVALID');
      return authenticateToken(token, shownAddress(address));
    },
  };
}
