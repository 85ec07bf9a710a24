// Explains the outcome of a request: which user the headers assert, and what the directory says about that user.
import type { AccountExplainer, AccountExplanation } from '../directory/administration/explain-account.js';
import type { MappingMatch } from '../directory/resolution/role-mapping.js';
import type { ExplainedHeader, ExplainedTarget, IdentityQuestion } from '../identity/explain-assertion.js';
import type { Identifier } from '../identity/identify.js';
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import type { Assertion, LeftOutField, PrincipalMethod, User } from '../vocabulary/types.js';
import { bearerToken } from './bearer.js';

/** A question about a request with these headers from this peer, or about the current state of a user. */
export type ExplainQuestion =
  | {
      /** The name and the value of each header field, as text. */
      readonly headers: readonly (readonly [string, string])[];
      /** The peer's address, or `'unix'` for a unix socket. */
      readonly peer: string;
      /** The request target. Default `/`. */
      readonly target?: string | undefined;
    }
  | { readonly subject: string };

/** One step in handling a request. */
export type ExplainStep =
  /**
   * This step occurs only if header login is off. In that case, the steps about headers are missing, because Latchkey
   * does not read identity headers.
   */
  | { readonly step: 'header-login'; readonly enabled: false }
  | {
      readonly step: 'peer';
      /** The address is absent for a unix socket. */
      readonly address?: string | undefined;
      readonly trusted: boolean;
    }
  | ({ readonly step: 'target' } & ExplainedTarget)
  | {
      readonly step: 'proxy-secret';
      readonly required: boolean;
      /** True if the request has the required secret. */
      readonly held: boolean;
      /**
       * True if the request lacks the required secret. In that case, the explanation assumes that the proxy sent the
       * secret.
       */
      readonly assumed: boolean;
    }
  | { readonly step: 'headers'; readonly headers: readonly ExplainedHeader[] }
  | {
      readonly step: 'assertion';
      readonly assertion: Assertion;
      readonly leftOut?: readonly LeftOutField[] | undefined;
    }
  | {
      readonly step: 'account';
      /**
       * The current row of the user, with the managed roles that follow from the current mappings. Absent if there is
       * no row.
       */
      readonly user?: User | undefined;
      /** The change that such a request would make to the user's row. */
      readonly provisioning: 'create' | 'update' | 'unchanged' | 'none';
    }
  | {
      readonly step: 'mappings';
      /** All mappings that match the user's groups, sorted by group. */
      readonly mappings: readonly MappingMatch[];
    }
  | {
      readonly step: 'roles';
      readonly managed: readonly string[];
      readonly granted: readonly string[];
      /** The roles from the option `defaultRoles`. Absent if there are no such roles. */
      readonly default?: readonly string[] | undefined;
      /** All roles of the user. */
      readonly roles: readonly string[];
    }
  | {
      readonly step: 'admission';
      /** For each login method that Latchkey would refuse, the error code. Latchkey would accept all other methods. */
      readonly admission: { readonly [Method in PrincipalMethod]?: ErrorCode };
    };

/** The outcome of a request, and the steps that lead to it. */
export interface Explanation {
  /** `nobody` means that the headers alone would log no user in, and the request would continue without a login. */
  readonly outcome: 'admitted' | 'refused' | 'nobody';
  /** The error code of the refusal. */
  readonly code?: ErrorCode | undefined;
  /** The steps of handling the request, in order. Steps that the request would not reach are missing. */
  readonly steps: readonly ExplainStep[];
}

/**
 * Explains the outcome of a request with these headers, from this peer, to this target. If the question names only a
 * subject, explains a request that this user makes by session. In this case, the proxy asserts no user. Changes
 * nothing and raises no event. The explanation never contains the proxy secret.
 *
 * @throws {LatchkeyError} As a rejection: `ERR_DIRECTORY_UNAVAILABLE`.
 */
export type Explain = (question: ExplainQuestion) => Promise<Explanation>;

/** Creates the function `explain`. `localIsIgnored` is true if Latchkey ignores assertions that name local accounts. */
export function explainer(options: {
  readonly identifier: Pick<Identifier, 'explain' | 'headerLogin'>;
  readonly accounts: AccountExplainer;
  readonly localIsIgnored: boolean;
}): Explain {
  const { identifier, accounts, localIsIgnored } = options;

  async function ofHeaders(question: IdentityQuestion): Promise<Explanation> {
    const { peer, target, proxySecret, headers, verdict } = identifier.explain(question);
    if (!identifier.headerLogin) {
      const off: readonly ExplainStep[] = [headerLoginOff, { step: 'target', ...target }];
      return 'code' in verdict
        ? { outcome: 'refused', code: verdict.code, steps: off }
        : { outcome: 'nobody', steps: off };
    }
    const steps: readonly ExplainStep[] = [
      { step: 'peer', ...peer },
      { step: 'target', ...target },
      { step: 'proxy-secret', ...proxySecret },
      { step: 'headers', headers },
    ];
    if ('code' in verdict) return { outcome: 'refused', code: verdict.code, steps };
    const { assertion, leftOut } = verdict;
    // On a shared path, a bearer token takes precedence over the assertion. But `explain` does not explain tokens.
    const byToken = target.shared && question.headers.some(isBearer);
    if (assertion === undefined || byToken) return { outcome: 'nobody', steps };
    const account = await accounts.ofAssertion(assertion);
    const { header: code } = account.admission;
    const passedOver = code === 'ERR_ACCOUNT_LOCAL' && localIsIgnored;
    return {
      outcome: code === undefined ? 'admitted' : passedOver ? 'nobody' : 'refused',
      code,
      steps: [...steps, { step: 'assertion', assertion, leftOut }, ...accountSteps(account)],
    };
  }

  async function ofSubject(subject: string): Promise<Explanation> {
    const account = identifier.headerLogin
      ? await accounts.ofSubject(subject)
      : withoutHeaderLogin(await accounts.ofSubject(subject));
    // A session is checked only against the account, whether it is a proxy account or a local account.
    const { session: code } = account.admission;
    const steps = [...(identifier.headerLogin ? [] : [headerLoginOff]), ...accountSteps(account)];
    return code === undefined ? { outcome: 'admitted', steps } : { outcome: 'refused', code, steps };
  }

  async function explain(question: ExplainQuestion): Promise<Explanation> {
    if ('subject' in question) return ofSubject(question.subject);
    const { headers, peer, target = '/' } = question;
    if (!Array.isArray(headers) || typeof peer !== 'string') {
      const expected = "headers as pairs of name and value, and the peer's address or 'unix'";
      throw new LatchkeyError('ERR_CONFIG', { detail: `explain: expected ${expected}, saw something else.` });
    }
    return ofHeaders({ headers, peer, target });
  }

  return explain;
}

const headerLoginOff: ExplainStep = { step: 'header-login', enabled: false };

/** Without header login, headers log no user in, and proxy users cannot start sessions. */
function withoutHeaderLogin(explanation: AccountExplanation): AccountExplanation {
  const off: ErrorCode = 'ERR_LOGIN_REQUIRED';
  const session = explanation.user?.authMethod === 'proxy' ? { session: off } : {};
  return { ...explanation, admission: { header: off, ...session, ...explanation.admission } };
}

function isBearer([name, value]: readonly [string, string]): boolean {
  return name.toLowerCase() === 'authorization' && bearerToken(value.trim()) !== undefined;
}

function accountSteps({ user, provisioning, mappings, roles, admission }: AccountExplanation): readonly ExplainStep[] {
  return [
    { step: 'account', provisioning, user },
    { step: 'mappings', mappings },
    ...(roles === undefined ? [] : [{ step: 'roles' as const, ...roles }]),
    { step: 'admission', admission },
  ];
}
