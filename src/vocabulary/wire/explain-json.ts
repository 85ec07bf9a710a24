// The JSON of POST `admin/explain`.
import type { ErrorCode } from '../errors.js';
import type { PrincipalMethod } from '../types.js';
import type { WireMapping, WireUser } from './admin-json.js';

/** The body: a user, or a request with these headers. */
export type ExplainRequest =
  | { readonly subject: string }
  | {
      /** Name and value of each header field. */
      readonly headers: readonly (readonly [name: string, value: string])[];
      /** The peer's IP address, or `unix`. Default: the address that this request came from. */
      readonly peer?: string | undefined;
      /** The request target. Default `/`. */
      readonly target?: string | undefined;
    };

/** The answer: the outcome of the request, and the steps that lead to it. */
export interface ExplainResponse {
  /** `nobody`: judged by its headers alone, the request would continue without a login. */
  readonly outcome: 'admitted' | 'refused' | 'nobody';
  /** Why the request would be refused. */
  readonly code: ErrorCode | null;
  /** Without the steps that the request would not reach. */
  readonly steps: readonly WireStep[];
}

/** One step in handling a request. */
export type WireStep =
  /** Only when header login is off. */
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
      /** Those that the option `defaultRoles` gives. Absent: none. */
      readonly default?: readonly string[] | undefined;
      /** The union of all. */
      readonly roles: readonly string[];
    }
  /** The error code with which a request by each method would be refused. `null`: it would be accepted. */
  | ({ readonly step: 'admission' } & { readonly [Method in PrincipalMethod]: ErrorCode | null });

/** A header field that Latchkey reads. */
export interface WireHeader {
  readonly name: string;
  readonly kind: 'user' | 'name' | 'email' | 'groups' | 'secret' | 'alias';
  /** The decoded value. `null` if it cannot be decoded, and always for the proxy secret. */
  readonly value: string | null;
  /** The fault of this field, checked on its own. */
  readonly code: ErrorCode | null;
}

/** A field of an assertion that was left out because its value is not acceptable. */
export type WireLeftOutField = 'display_name' | 'email' | 'groups';

/** A mapping that matches the user's groups. */
export interface WireMappingMatch {
  readonly group: string;
  readonly source: WireMapping['source'];
  /** The groups that it matches. */
  readonly matched: readonly string[];
  readonly roles: readonly string[];
}
