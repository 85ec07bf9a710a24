// The JSON of the routes for login, logout and the current user.
import type { PrincipalMethod } from '../types.js';

/** The answer of GET `me`: the authenticated user of the request. */
export interface MeResponse {
  readonly subject: string;
  readonly display_name?: string | undefined;
  readonly email?: string | undefined;
  /** Sorted. */
  readonly roles: readonly string[];
  readonly method: PrincipalMethod;
  /** The paired device, if `method` is `token`. */
  readonly device_id?: string | undefined;
}

/** The answer of POST `logout`. */
export interface LogoutResponse {
  /**
   * The URL that the browser has to open to end the login at the proxy, too. Absent if the host configured no such URL.
   */
  readonly logout_url?: string | undefined;
  /**
   * `true` if the login at the proxy continues, so that the next request is logged in again. `proxy_login` is absent if
   * `logout_url` is present, or if the proxy asserted no user on this request.
   */
  readonly proxy_login?: true | undefined;
}

/** The answer of POST `host-user`, which has linked the person's two accounts. */
export interface HostUserResponse {
  /** The id of the row in the server's own users table. */
  readonly host_user_id: string;
}
