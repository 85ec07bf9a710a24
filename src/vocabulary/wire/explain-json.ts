// The JSON of POST `admin/explain`.
import type { ErrorCode } from '../errors.js';
import type { PrincipalMethod } from '../types.js';
import type { WireMapping, WireUser } from './admin-json.js';

/** The body of the request. It contains either the subject of a user, or the headers of the request to explain. */
export type ExplainRequest =
  | { readonly subject: string }
  | {
      /** The name and value of each header field. */
      readonly headers: readonly (readonly [name: string, value: string])[];
      /** The peer's IP address, or `unix`. Default: the address from which this request came. */
      readonly peer?: string | undefined;
      /** The request target. Default `/`. */
      readonly target?: string | undefined;
    };

/** The answer: the outcome of the explained request, and the steps that lead to this outcome. */
export interface ExplainResponse {
  /** `nobody` means that the headers alone would not log in a user. */
  readonly outcome: 'admitted' | 'refused' | 'nobody';
  /** The code of the refusal, or `null` if the request would not be refused. */
  readonly code: ErrorCode | null;
  /** The steps that the request would reach, in order. */
  readonly steps: readonly WireStep[];
}

/** One step in handling a request. */
export type WireStep =
  /** This step is present only if header login is off. */
  | { readonly step: 'header_login'; readonly enabled: false }
  | { readonly step: 'peer'; readonly address: string | null; readonly trusted: boolean }
  | {
      readonly step: 'target';
      readonly target: string;
      readonly canonical: boolean;
      readonly unguarded: boolean;
      readonly shared: boolean;
    }
  | { readonly step: 'proxy_secret'; readonly required: boolean; readonly held: boolean; readonly assumed: boolean }
  | { readonly step: 'headers'; readonly headers: readonly WireHeader[] }
  | {
      readonly step: 'assertion';
      readonly subject: string;
      readonly display_name: string | null;
      readonly email: string | null;
      readonly groups: readonly string[] | null;
      readonly left_out: readonly WireLeftOutField[];
    }
  | {
      readonly step: 'account';
      readonly user: WireUser | null;
      readonly provisioning: 'create' | 'update' | 'unchanged' | 'none';
    }
  | { readonly step: 'mappings'; readonly mappings: readonly WireMappingMatch[] }
  | {
      readonly step: 'roles';
      readonly managed: readonly string[];
      readonly granted: readonly string[];
      /** The roles that the user gets from the option `defaultRoles`. Absent if there are none. */
      readonly default?: readonly string[] | undefined;
      /** The union of managed, granted and default roles. */
      readonly roles: readonly string[];
    }
  /**
   * For each authentication method, the error code with which a request would be refused, or `null` if the request
   * would be accepted.
   */
  | ({ readonly step: 'admission' } & { readonly [Method in PrincipalMethod]: ErrorCode | null });

/** A header field that Latchkey reads. */
export interface WireHeader {
  readonly name: string;
  readonly kind: 'user' | 'name' | 'email' | 'groups' | 'secret' | 'alias';
  /** The decoded value. `null` if the value cannot be decoded, and always `null` for the proxy secret. */
  readonly value: string | null;
  /** The error code of this field, or `null` if the field is valid. Each field is checked on its own. */
  readonly code: ErrorCode | null;
}

/** A field that was left out of an assertion because its value is invalid. */
export type WireLeftOutField = 'display_name' | 'email' | 'groups';

/** A mapping that matches the user's groups. */
export interface WireMappingMatch {
  readonly group: string;
  readonly source: WireMapping['source'];
  /** The user's groups that the mapping matches. */
  readonly matched: readonly string[];
  readonly roles: readonly string[];
}
