// The schemas of the JSON in vocabulary/wire/explain-json.ts.
import { type ErrorCode, errorCodes } from '../../vocabulary/errors.js';
import type {
  ExplainRequest,
  ExplainResponse,
  WireHeader,
  WireMappingMatch,
  WireStep,
} from '../../vocabulary/wire/explain-json.js';
import { user } from './admin-schemas.js';
import {
  about,
  anyOf,
  component,
  constant,
  flag,
  listOf,
  nullable,
  objectOf,
  oneWordOf,
  optional,
  pairOf,
  type Schema,
  shortText,
  text,
} from './schema.js';

/** One of Latchkey's error codes. */
export const errorCode: Schema<ErrorCode> = component('ErrorCode', oneWordOf(errorCodes));

const noCode = nullable(errorCode);
const texts = listOf(text);

type BySubject = Extract<ExplainRequest, { readonly subject: string }>;
type ByHeaders = Exclude<ExplainRequest, BySubject>;

export const explainRequest: Schema<ExplainRequest> = component(
  'ExplainRequest',
  anyOf(
    objectOf<BySubject>({ subject: shortText(512) }, { closed: true }),
    objectOf<ByHeaders>(
      {
        headers: about('The name and value of each header field.', listOf(pairOf(text, text))),
        peer: optional(
          about("The peer's IP address, or `unix`. Default: the address from which this request came.", shortText(64)),
        ),
        target: optional(about('The request target. Default `/`.', shortText(2048))),
      },
      { closed: true },
    ),
  ),
);

const header: Schema<WireHeader> = component(
  'Header',
  objectOf<WireHeader>({
    name: text,
    kind: oneWordOf(['user', 'name', 'email', 'groups', 'secret', 'alias']),
    value: about(
      'The decoded value. `null` if the value cannot be decoded, and always `null` for the proxy secret.',
      nullable(text),
    ),
    code: about(
      'The error code of this field, or `null` if the field is valid. Each field is checked on its own.',
      noCode,
    ),
  }),
);

const mappingMatch: Schema<WireMappingMatch> = component(
  'MappingMatch',
  objectOf<WireMappingMatch>({
    group: text,
    source: oneWordOf(['directory', 'configuration']),
    matched: about("The user's groups that the mapping matches.", texts),
    roles: texts,
  }),
);

type Step<Name extends WireStep['step']> = Extract<WireStep, { readonly step: Name }>;

const step: Schema<WireStep> = component(
  'Step',
  anyOf(
    objectOf<Step<'header_login'>>({ step: constant('header_login'), enabled: constant(false) }),
    objectOf<Step<'peer'>>({ step: constant('peer'), address: nullable(text), trusted: flag }),
    objectOf<Step<'target'>>({
      step: constant('target'),
      target: text,
      canonical: flag,
      unguarded: flag,
      shared: flag,
    }),
    objectOf<Step<'proxy_secret'>>({ step: constant('proxy_secret'), required: flag, held: flag, assumed: flag }),
    objectOf<Step<'headers'>>({ step: constant('headers'), headers: listOf(header) }),
    objectOf<Step<'assertion'>>({
      step: constant('assertion'),
      subject: text,
      display_name: nullable(text),
      email: nullable(text),
      groups: nullable(texts),
      left_out: listOf(oneWordOf(['display_name', 'email', 'groups'])),
    }),
    objectOf<Step<'account'>>({
      step: constant('account'),
      user: nullable(user),
      provisioning: oneWordOf(['create', 'update', 'unchanged', 'none']),
    }),
    objectOf<Step<'mappings'>>({ step: constant('mappings'), mappings: listOf(mappingMatch) }),
    objectOf<Step<'roles'>>({
      step: constant('roles'),
      managed: texts,
      granted: texts,
      default: optional(
        about('The roles that the user gets from the option `defaultRoles`. Absent if there are none.', texts),
      ),
      roles: about('The union of managed, granted and default roles.', texts),
    }),
    objectOf<Step<'admission'>>({ step: constant('admission'), header: noCode, session: noCode, token: noCode }),
  ),
);

export const explainResponse: Schema<ExplainResponse> = component(
  'ExplainResponse',
  objectOf<ExplainResponse>({
    outcome: about(
      '`nobody` means that the headers alone would not log in a user.',
      oneWordOf(['admitted', 'refused', 'nobody']),
    ),
    code: about('The code of the refusal, or `null` if the request would not be refused.', noCode),
    steps: about('The steps that the request would reach, in order.', listOf(step)),
  }),
);
