// Route for administrators that explains why a request is accepted or refused.
import type { Request } from 'express';
import { checkKnownSubject } from '../../directory/administration/field-rules.js';
import { plainAddress } from '../../identity/ip-range.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { textLimits } from '../../vocabulary/text-rules.js';
import type { LeftOutField } from '../../vocabulary/types.js';
import type {
  ExplainRequest,
  ExplainResponse,
  WireLeftOutField,
  WireStep,
} from '../../vocabulary/wire/explain-json.js';
import { largeJsonBody } from '../body.js';
import { membersOf, onlyMembers } from '../body-members.js';
import type { AdminEndpoint } from '../endpoint.js';
import type { ExplainQuestion, ExplainStep } from '../explain-request.js';
import { queryOf } from '../query.js';
import type { HttpServices } from '../services.js';
import { userJson } from './admin-users.js';

// Node accepts 16 KiB of headers by default. The same headers can be several times as long in JSON.
const bodyLimit = 65_536;

// All header names that can occur in a request match this pattern (RFC 9110 §5.6.2).
const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/;

const leftOutFields: Readonly<Record<LeftOutField, WireLeftOutField>> = {
  'display-name': 'display_name',
  email: 'email',
  groups: 'groups',
};

/** Adds the route POST `admin/explain`. */
export function explainRoutes(add: AdminEndpoint, { explain }: Pick<HttpServices, 'explain'>): void {
  add(
    'explain',
    {
      async post(req, res) {
        queryOf(req, []);
        const { outcome, code, steps } = await explain(questionOf(req));
        res.json({ outcome, code: code ?? null, steps: steps.map(stepJson) } satisfies ExplainResponse);
      },
    },
    largeJsonBody(bodyLimit),
  );
}

function questionOf(req: Request): ExplainQuestion {
  onlyMembers<ExplainRequest>(req, { headers: true, peer: true, target: true, subject: true });
  const body = membersOf<ExplainRequest>(req);
  const headers = body.optionalPairs('headers');
  const peer = body.optionalText('peer', { max: 64 });
  const target = body.optionalText('target', { max: 2048 });
  const subject = body.optionalText('subject', { max: textLimits.filter });
  if (subject !== undefined && headers === undefined && peer === undefined && target === undefined) {
    return { subject: checkKnownSubject(subject) };
  }
  if (headers === undefined || subject !== undefined) {
    throw new LatchkeyError('ERR_BODY_INVALID', {
      detail: 'Expected either subject, or headers with optional peer and target.',
    });
  }
  if (!headers.every(([name]) => token.test(name))) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The member headers has an invalid header name.' });
  }
  if (peer !== undefined && peer !== 'unix' && plainAddress(peer) === undefined) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The member peer must be an IP address or unix.' });
  }
  // By default, explain a request from the same peer as this request. If this peer has no address, it uses a unix
  // socket.
  return { headers, peer: peer ?? req.socket.remoteAddress ?? 'unix', target };
}

function stepJson(step: ExplainStep): WireStep {
  switch (step.step) {
    case 'peer':
      return { step: 'peer', address: step.address ?? null, trusted: step.trusted };
    case 'header-login':
      return { ...step, step: 'header_login' };
    case 'proxy-secret':
      return { ...step, step: 'proxy_secret' };
    case 'headers':
      return {
        step: 'headers',
        headers: step.headers.map(({ name, kind, value, code }) => ({
          name,
          kind,
          value: value ?? null,
          code: code ?? null,
        })),
      };
    case 'assertion': {
      const { subject, displayName, email, groups } = step.assertion;
      return {
        step: 'assertion',
        subject,
        display_name: displayName ?? null,
        email: email ?? null,
        groups: groups ?? null,
        left_out: (step.leftOut ?? []).map((field) => leftOutFields[field]),
      };
    }
    case 'account': {
      const { user, provisioning } = step;
      return { step: 'account', user: user === undefined ? null : userJson(user), provisioning };
    }
    case 'admission': {
      const { header, session, token: byToken } = step.admission;
      return { step: 'admission', header: header ?? null, session: session ?? null, token: byToken ?? null };
    }
    default:
      return { ...step };
  }
}
