// The JSON of the routes for login, logout and the current user.
import type { PrincipalMethod } from '../types.js';

/** The answer of GET `me`: the user that the request acts as. */
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
  /** Where the browser has to go to end the proxy's login, too. Absent: the host configured no such URL. */
  readonly logout_url?: string | undefined;
  /** The proxy's login continues, so the next request is logged in again. Absent: it does not, or is not known. */
  readonly proxy_login?: true | undefined;
}

/** The answer of POST `host-user`: the accounts of the person are linked. */
export interface HostUserResponse {
  /** The id of the row in the server's own table. */
  readonly host_user_id: string;
}
