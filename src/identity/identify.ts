// The whole decision on one request.
import type { Socket } from 'node:net';
import { LatchkeyError } from '../vocabulary/errors.js';
import { assertionReader, type Identification, readIdentityHeaders } from './assertion.js';
import { choices, configError } from './config-error.js';
import { type IdentityExplanation, type IdentityQuestion, identityExplainer } from './explain-assertion.js';
import { headerClasses, isIdentity } from './header-classes.js';
import { type HeaderNames, headerPlan, type PresetName } from './presets.js';
import { type ProxySecretOption, proxySecret } from './proxy-secret.js';
import { isCanonicalTarget, unguardedPaths } from './request-target.js';
import { subjectCheck } from './subject.js';
import { trustedPeers } from './trusted-peer.js';

/** What identity reads of a request; an `http.IncomingMessage` with the untouched target as `url`. */
export interface IdentityRequest {
  readonly rawHeaders: readonly string[];
  /** The raw request target: Express' `originalUrl`. */
  readonly url: string;
  readonly socket: Socket;
}

/** Whom to believe, what to read, and what to refuse. */
export interface IdentityOptions {
  /** Addresses, ranges, `'loopback'`, `'unix'`. There is no default, and no wildcard. */
  readonly trustedProxies: readonly string[];
  /** A preset's name, or the names of the headers. */
  readonly headers: PresetName | HeaderNames;
  /** A secret that has to come with identity headers. Default: none is asked for. */
  readonly proxySecret?: ProxySecretOption | undefined;
  /** What it means that a configured groups header did not come. Default `'clear'`: the person is in no group. */
  readonly absentGroups?: 'clear' | 'keep' | undefined;
  /** What becomes of identity headers from an untrusted peer. Default `'refuse'`. */
  readonly untrustedHeaders?: 'refuse' | 'ignore' | undefined;
  /** Beginnings of paths that the proxy lets through without a login. Default: none. */
  readonly unguardedPaths?: readonly string[] | undefined;
  /**
   * What a subject has to match, as a whole. Default: letters and digits of any script, `_ . @ + = | : / \ ' ’ ~ # ! -`, and
   * inside a name single spaces and commas; `$` at the end or before an `@`. Beside it holds what docs/names.md says of
   * every subject.
   */
  readonly subjectPattern?: RegExp | undefined;
}

/** Header fields by lower-case name, as Node gives and takes them. */
export type OutboundHeaders = Record<string, string | string[] | undefined>;

/** Reads identities from requests. */
export interface Identifier {
  /**
   * Who the proxy says this is; an empty user header says nobody. In this order it throws `ERR_HEADER_COUNT`, `ERR_UNGUARDED_IDENTITY`,
   * `ERR_HEADER_CONNECTION`, `ERR_PEER_UNTRUSTED`, `ERR_TARGET_NOT_CANONICAL`, `ERR_HEADER_ALIAS`,
   * `ERR_HEADER_DUPLICATE`, `ERR_PROXY_SECRET`, and the codes of unreadable values.
   */
  identify(request: IdentityRequest): Identification;
  /**
   * For endpoints that apps call, wherever they are mounted: throws `ERR_UNGUARDED_IDENTITY` if there is an identity
   * header or the secret with something in it, or an alias of one, and `ERR_HEADER_COUNT` where one may have been dropped.
   */
  refuseIdentity(request: Pick<IdentityRequest, 'rawHeaders'>): void;
  /** What `identify` would make of headers from this peer, step by step. Throws nothing, and repeats no secret. */
  explain(question: IdentityQuestion): IdentityExplanation;
  /** Whether a peer with this address would be one of `trustedProxies`; `undefined` stands for a unix socket. */
  trustsAddress(address: string | undefined): boolean;
  /** A copy of outbound headers without identity headers, their aliases and the secret. */
  stripIdentityHeaders(headers: OutboundHeaders): OutboundHeaders;
  /** What is allowed, but trusts more than it probably should, as sentences for the log. */
  readonly warnings: readonly string[];
}

// Node keeps 1,000 fields and drops the rest without a word, or fewer where the host set `server.maxHeadersCount`.
const fieldLimit = 900;

const guardedNobody: Identification = Object.freeze({ unguarded: false });
const unguardedNobody: Identification = Object.freeze({ unguarded: true });

/** Compiles the options to an `Identifier`. Throws `ERR_CONFIG` for whatever is missing, misspelt or too wide. */
export function identifier(options: IdentityOptions): Identifier {
  const peers = trustedPeers(options.trustedProxies);
  const plan = headerPlan(options.headers);
  const secret = options.proxySecret === undefined ? undefined : proxySecret(options.proxySecret);
  const classify = headerClasses(plan, secret?.header);
  const absentGroups = oneOf('absentGroups', ['clear', 'keep'], options.absentGroups ?? 'clear');
  const untrustedHeaders = oneOf('untrustedHeaders', ['refuse', 'ignore'], options.untrustedHeaders ?? 'refuse');
  const isUnguarded = unguardedPaths(options.unguardedPaths ?? []);
  const checkSubject = subjectCheck(options.subjectPattern);
  const readAssertion = assertionReader(plan, absentGroups, checkSubject);

  const holdsSecret = (given: string | undefined): boolean => secret === undefined || secret.matches(given);

  /** The one decision, whether a request is there or only asked about. */
  function decide<Peer>(
    rawHeaders: readonly string[],
    url: string,
    limit: number,
    trusts: (peer: Peer) => boolean,
    peer: Peer,
    holdsSecret: (given: string | undefined) => boolean,
  ): Identification {
    refuseTooManyFields(rawHeaders, limit);
    const unguarded = isUnguarded(url);
    const nobody = unguarded ? unguardedNobody : guardedNobody;
    const headers = readIdentityHeaders(rawHeaders, classify, plan.groupsRepeat);
    if (!headers.present && !headers.nominated) return nobody;

    if (headers.present && unguarded) throw new LatchkeyError('ERR_UNGUARDED_IDENTITY');
    const trusted = trusts(peer);
    if (!trusted && untrustedHeaders === 'ignore') return nobody;
    if (headers.nominated) throw new LatchkeyError('ERR_HEADER_CONNECTION');
    if (!trusted) throw new LatchkeyError('ERR_PEER_UNTRUSTED');
    if (!isCanonicalTarget(url)) throw new LatchkeyError('ERR_TARGET_NOT_CANONICAL');
    if (headers.alias) throw new LatchkeyError('ERR_HEADER_ALIAS');
    if (headers.duplicate) throw new LatchkeyError('ERR_HEADER_DUPLICATE');
    if (!holdsSecret(headers.secret)) throw new LatchkeyError('ERR_PROXY_SECRET');

    const read = readAssertion(headers);
    return read.assertion === undefined ? nobody : { unguarded, ...read };
  }

  return {
    warnings: secret === undefined ? peers.warnings : [],

    identify: ({ rawHeaders, url, socket }) =>
      decide(rawHeaders, url, droppingLimit(socket), peers.trusts, socket, holdsSecret),

    explain: identityExplainer({
      plan,
      secret,
      classify,
      checkSubject,
      isUnguarded,
      trustsAddress: peers.trustsAddress,
      decide: (rawHeaders, url, address, assumed) =>
        decide(rawHeaders, url, fieldLimit, peers.trustsAddress, address, assumed ? () => true : holdsSecret),
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

function refuseTooManyFields(rawHeaders: readonly string[], limit: number): void {
  if (rawHeaders.length >= 2 * limit) throw new LatchkeyError('ERR_HEADER_COUNT');
}

function droppingLimit(socket: Socket & { readonly server?: { readonly maxHeadersCount?: number | null } }): number {
  const kept = socket.server?.maxHeadersCount ?? 0;
  return kept > 0 && kept < fieldLimit ? kept : fieldLimit;
}

function oneOf<Word extends string>(option: string, words: readonly Word[], given: unknown): Word {
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) throw configError(option, choices(String(given), words), given);
  return word;
}
