// Decides which user, if any, the proxy asserts for a request.
import type { Socket } from 'node:net';
import { LatchkeyError } from '../vocabulary/errors.js';
import { subjectCases } from '../vocabulary/words.js';
import { absentGroupsModes, assertionReader, type Identification, readIdentityHeaders } from './assertion.js';
import { checkedWord } from './config-error.js';
import {
  explainedTarget,
  type IdentityExplanation,
  type IdentityQuestion,
  identityExplainer,
} from './explain-assertion.js';
import { headerClasses, isIdentity } from './header-classes.js';
import {
  type HeaderLoginOn,
  type IdentityOptions,
  isHeaderLoginOn,
  pathRulesOf,
  untrustedHeadersModes,
} from './identity-options.js';
import type { PathKind, PathRules } from './path-rules.js';
import { headerPlan } from './presets.js';
import { proxySecret } from './proxy-secret.js';
import { subjectCheck } from './subject.js';
import { trustedPeers } from './trusted-peer.js';

export type {
  HeaderLogin,
  HeaderLoginOff,
  HeaderLoginOn,
  IdentityOptions,
  PathOptions,
  UntrustedHeaders,
} from './identity-options.js';

/** The parts of a request that Latchkey needs to identify the user. An `http.IncomingMessage` has these parts. */
export interface IdentityRequest {
  readonly rawHeaders: readonly string[];
  /** The unmodified request target, which Express keeps in `originalUrl`. */
  readonly url: string;
  readonly socket: Socket;
}

/** Header fields in the form of Node's `req.headers`. */
export type OutboundHeaders = Record<string, string | string[] | undefined>;

/** Identifies the users of requests. */
export interface Identifier {
  /** True if identity headers log users in. If false, Latchkey does not read identity headers. */
  readonly headerLogin: boolean;
  /**
   * Returns the proxy's assertion about a request. An empty user header asserts no user.
   *
   * @throws {LatchkeyError} The first of these codes that applies, in this order: `ERR_HEADER_COUNT`,
   * `ERR_TARGET_NOT_CANONICAL` for a target that can be read as paths of different kinds, `ERR_UNGUARDED_IDENTITY`,
   * `ERR_HEADER_CONNECTION`, `ERR_PEER_UNTRUSTED`, `ERR_TARGET_NOT_CANONICAL`, `ERR_HEADER_ALIAS`,
   * `ERR_HEADER_DUPLICATE`, `ERR_PROXY_SECRET`, and the codes of unreadable values.
   */
  identify(request: IdentityRequest): Identification;
  /**
   * Refuses identity headers on the endpoints that apps call, wherever these endpoints are mounted.
   *
   * @throws {LatchkeyError} `ERR_UNGUARDED_IDENTITY` when the request has a non-empty identity header, a non-empty
   * secret, or an alias of either; `ERR_HEADER_COUNT` when Node might have dropped such a header.
   */
  refuseIdentity(request: Pick<IdentityRequest, 'rawHeaders'>): void;
  /**
   * Explains step by step what `identify` would decide about a hypothetical request. Never throws and never shows a
   * secret.
   */
  explain(question: IdentityQuestion): IdentityExplanation;
  /**
   * Returns whether a peer with this address is one of `trustedProxies`. The address `undefined` stands for a unix
   * socket.
   */
  trustsAddress(address: string | undefined): boolean;
  /** Returns a copy of the headers without identity headers, aliases and the proxy secret. */
  stripIdentityHeaders(headers: OutboundHeaders): OutboundHeaders;
  /** Warnings about options that are allowed but probably trust too many machines. Each warning is a full sentence. */
  readonly warnings: readonly string[];
}

/** A real or hypothetical request to decide about. */
interface Decided extends Pick<IdentityRequest, 'rawHeaders' | 'url'> {
  readonly fieldLimit: number;
  readonly isTrusted: () => boolean;
  readonly holdsSecret: (given: string | undefined) => boolean;
}

// Node silently drops all header fields after the first 1,000. The host can set a lower limit in
// `server.maxHeadersCount`.
const fieldLimit = 900;

const nobodies: Readonly<Record<PathKind, Identification>> = {
  guarded: Object.freeze({ unguarded: false }),
  unguarded: Object.freeze({ unguarded: true }),
  shared: Object.freeze({ unguarded: false, shared: true }),
};

/**
 * Creates an `Identifier` from the options.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when an option is missing, misspelled or invalid.
 */
export function identifier(options: IdentityOptions): Identifier {
  const paths = pathRulesOf(options);
  return isHeaderLoginOn(options) ? headerIdentifier(options, paths) : withoutHeaders(paths);
}

function headerIdentifier(options: HeaderLoginOn, paths: PathRules): Identifier {
  const peers = trustedPeers(options.trustedProxies);
  const plan = headerPlan(options.headers);
  const secret = options.proxySecret === undefined ? undefined : proxySecret(options.proxySecret);
  const classify = headerClasses(plan, secret?.header);
  const absentGroups = checkedWord('absentGroups', absentGroupsModes, options.absentGroups ?? 'clear');
  const untrustedHeaders = checkedWord('untrustedHeaders', untrustedHeadersModes, options.untrustedHeaders ?? 'refuse');
  const subjectCase = checkedWord('subjectCase', subjectCases, options.subjectCase ?? 'exact');
  const checkSubject = subjectCheck(options.subjectPattern, subjectCase);
  const readAssertion = assertionReader(plan, absentGroups, checkSubject);

  const holdsSecret = (given: string | undefined): boolean => secret === undefined || secret.matches(given);

  /** Decides about a real or hypothetical request. */
  function decide({ rawHeaders, url, fieldLimit, isTrusted, holdsSecret }: Decided): Identification {
    refuseTooManyFields(rawHeaders, fieldLimit);
    const nobody = nobodyAt(url, paths);
    const { unguarded } = nobody;
    const headers = readIdentityHeaders(rawHeaders, classify, plan.groupsRepeat);
    if (!headers.present && !headers.nominated) return nobody;

    if (headers.present && unguarded) throw new LatchkeyError('ERR_UNGUARDED_IDENTITY');
    const trusted = isTrusted();
    if (!trusted && untrustedHeaders === 'ignore') return nobody;
    if (headers.nominated) throw new LatchkeyError('ERR_HEADER_CONNECTION');
    if (!trusted) throw new LatchkeyError('ERR_PEER_UNTRUSTED');
    if (!paths.accepts(url)) throw new LatchkeyError('ERR_TARGET_NOT_CANONICAL');
    if (headers.alias) throw new LatchkeyError('ERR_HEADER_ALIAS');
    if (headers.duplicate) throw new LatchkeyError('ERR_HEADER_DUPLICATE');
    if (!holdsSecret(headers.secret)) throw new LatchkeyError('ERR_PROXY_SECRET');

    const read = readAssertion(headers);
    if (read.assertion === undefined) return nobody;
    return { unguarded, shared: nobody.shared, assertion: read.assertion, leftOut: read.leftOut };
  }

  return {
    headerLogin: true,
    warnings: secret === undefined ? peers.warnings : [],

    identify: ({ rawHeaders, url, socket }) =>
      decide({
        rawHeaders,
        url,
        fieldLimit: droppingLimit(socket),
        isTrusted: () => peers.trusts(socket),
        holdsSecret,
      }),

    explain: identityExplainer({
      plan,
      secret,
      classify,
      checkSubject,
      paths,
      trustsAddress: peers.trustsAddress,
      decide: ({ rawHeaders, url, address, assumeSecret }) =>
        decide({
          rawHeaders,
          url,
          fieldLimit,
          isTrusted: () => peers.trustsAddress(address),
          holdsSecret: assumeSecret ? () => true : holdsSecret,
        }),
    }),

    refuseIdentity({ rawHeaders }) {
      refuseTooManyFields(rawHeaders, fieldLimit);
      for (let at = 0; at < rawHeaders.length; at += 2) {
        const kind = classify(rawHeaders[at] ?? '');
        if (kind !== 'alias' && rawHeaders[at + 1] === '') continue;
        if (isIdentity(kind)) throw new LatchkeyError('ERR_UNGUARDED_IDENTITY');
      }
    },

    trustsAddress: peers.trustsAddress,

    stripIdentityHeaders(headers) {
      return Object.fromEntries(Object.entries(headers).filter(([name]) => !isIdentity(classify(name))));
    },
  };
}

/** Creates an identifier that ignores all headers, and therefore never identifies a user. */
function withoutHeaders(paths: PathRules): Identifier {
  return {
    headerLogin: false,
    warnings: [],
    identify: ({ url }) => nobodyAt(url, paths),
    explain: ({ peer, target }) => ({
      peer: { address: peer === 'unix' ? undefined : peer, trusted: false },
      target: explainedTarget(target, paths),
      proxySecret: { required: false, held: false, assumed: false },
      headers: [],
      verdict: verdictAt(target, paths),
    }),
    refuseIdentity() {},
    trustsAddress: () => false,
    stripIdentityHeaders: (headers) => ({ ...headers }),
  };
}

function verdictAt(target: string, paths: PathRules): IdentityExplanation['verdict'] {
  if (paths.kindOf(target) === 'ambiguous') return { code: 'ERR_TARGET_NOT_CANONICAL' };
  return {};
}

function nobodyAt(url: string, paths: PathRules): Identification {
  const kind = paths.kindOf(url);
  if (kind !== 'ambiguous') return nobodies[kind];
  throw new LatchkeyError('ERR_TARGET_NOT_CANONICAL', {
    detail: 'The path can be read in several ways, some of them with a login at the proxy and some without.',
  });
}

function refuseTooManyFields(rawHeaders: readonly string[], limit: number): void {
  if (rawHeaders.length >= 2 * limit) throw new LatchkeyError('ERR_HEADER_COUNT');
}

function droppingLimit(socket: Socket & { readonly server?: { readonly maxHeadersCount?: number | null } }): number {
  const kept = socket.server?.maxHeadersCount ?? 0;
  return kept > 0 && kept < fieldLimit ? kept : fieldLimit;
}
