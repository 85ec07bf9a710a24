// Authenticates tokens that did not arrive in an `Authorization` header.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { Principal } from '../vocabulary/types.js';
import { shownAddress } from './address.js';
import type { Authentication } from './authenticate.js';
import type { Refused } from './guards.js';

/** The functions for API tokens. */
export interface TokenFunctions {
  /**
   * Authenticates a token that did not arrive in an `Authorization` header. For example, the token might arrive in the
   * URL of a media player, in the first message of a WebSocket, or in the connection parameters of GraphQL. Latchkey
   * treats the token like one in an `Authorization` header, and records the use of the device. Resolves to the
   * principal of the token (`method: 'token'`, with `deviceId`).
   *
   * Resolves to `undefined` only for a token of another issuer, if `tokens.foreignTokens` is `'pass'`.
   *
   * The list of devices shows `address`, the IP address of the client. Default: no address is recorded.
   *
   * @throws {LatchkeyError} As a rejection: the same codes as for a token in an `Authorization` header, such as
   * `ERR_TOKEN_INVALID` (401), `ERR_ACCOUNT_DISABLED` (403) or `ERR_DIRECTORY_UNAVAILABLE` (503). `ERR_CONFIG` without
   * the option `tokens`.
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
 * The maximum length of a token in characters. Node refuses longer headers, so no header can contain a longer token.
 */
const longestToken = 16_384;

/**
 * Creates the functions.
 *
 * @param enabled true if the option `tokens` is set
 * @param refused called with the error of each token that is refused
 */
export function tokenFunctions(
  { authenticateToken }: Pick<Authentication, 'authenticateToken'>,
  enabled: boolean,
  refused: Refused,
): TokenFunctions {
  async function accepted(token: unknown, address: string | undefined): Promise<Principal | undefined> {
    // The host passes on what a client has sent, which might not be a string. For example, a repeated query parameter
    // is a list.
    if (typeof token !== 'string' || token.length > longestToken) throw new LatchkeyError('ERR_TOKEN_INVALID');
    return authenticateToken(token, () => shownAddress(address));
  }

  return {
    async authenticate(token, { address } = {}) {
      if (!enabled) {
        const detail = 'tokens.authenticate: expected the option tokens, { keys, issuer }, saw nothing.';
        throw new LatchkeyError('ERR_CONFIG', { detail });
      }
      try {
        return await accepted(token, address);
      } catch (error) {
        refused(error);
        throw error;
      }
    },
  };
}
