// Converts the description of a path to OpenAPI's path item object.
import type { ErrorCode } from '../../vocabulary/errors.js';
import { byStatus, oauthSchema, problemSchema } from './error-responses.js';
import { type Access, type Answer, type Fields, type Operation, type PathEntry, redirect } from './operation.js';
import type { AnySchema, JsonObject } from './schema.js';

/** The rules of one router for all its paths. */
export interface RouterRules {
  /** The codes that all operations can send as problem details. */
  readonly common: readonly ErrorCode[];
  /** The codes of `tokenRouter` that can also be sent as OAuth errors. With `undefined`, there are no OAuth errors. */
  readonly commonOAuth?: readonly ErrorCode[] | undefined;
  /** Whether clients that prefer HTML get a page instead of problem details. */
  readonly errorPages: boolean;
  /** Whether a GET request without a login can be redirected to the login. */
  readonly redirectsToLogin: boolean;
  /** The names of the security schemes that are enough, by kind of access. */
  readonly security: Readonly<Record<Access, readonly string[]>>;
}

/** The redirect of a navigation that needs a login, with `session: 'login-only'`. */
const toLogin = redirect('A navigation of a browser without a login is redirected to the login.', 'The login.');

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The value of `Cache-Control` in responses that must not be stored. */
const noStore: JsonObject = {
  description: 'The response must not be stored.',
  required: true,
  schema: { type: 'string', pattern: '^no-store' },
};

const cachePolicy: JsonObject = {
  description: 'How long the response may be used without asking again.',
  required: true,
  schema: { type: 'string' },
};

/** Returns the path item object. */
export function pathItem(entry: PathEntry, rules: RouterRules): JsonObject {
  const parameters = parametersOf(entry.parameters ?? {}, 'path');
  const operations = methods.flatMap((method) => {
    const operation = entry[method];
    return operation === undefined ? [] : [[method, operationObject(entry, method, operation, rules)] as const];
  });
  return { ...(parameters.length === 0 ? {} : { parameters }), ...Object.fromEntries(operations) };
}

/** Returns who may use the operations of a path. */
export function accessesOf(entry: PathEntry): readonly Access[] {
  return methods.flatMap((method) => entry[method]?.access ?? []);
}

/** Returns all schemas of a path, for the components. */
export function schemasOf(entry: PathEntry): readonly AnySchema[] {
  return methods.flatMap((method) => {
    const { body, answers = [] } = entry[method] ?? {};
    const contents = answers.flatMap(({ content = {} }) => Object.values(content));
    return [
      ...(body?.schema === undefined ? [] : [body.schema]),
      ...contents.flatMap(({ schema, item }) => (item === undefined ? [schema] : [schema, item])),
    ];
  });
}

function operationObject(
  { tag }: PathEntry,
  method: (typeof methods)[number],
  operation: Operation,
  rules: RouterRules,
): JsonObject {
  const { id, summary, description, query = {}, headers = {}, body, access } = operation;
  const given = [...parametersOf(query, 'query'), ...parametersOf(headers, 'header')];
  const schemes = rules.security[access];
  return {
    operationId: id,
    summary,
    description,
    tags: [tag],
    // An empty requirement means that no header with credentials is needed.
    security: [...schemes.map((name) => ({ [name]: [] })), ...(access === 'anyone' || access === 'client' ? [{}] : [])],
    ...(given.length === 0 ? {} : { parameters: given }),
    ...(body === undefined ? {} : { requestBody: requestBody(body.schema, rules.commonOAuth !== undefined) }),
    responses: responses(operation, method, rules),
  };
}

function parametersOf(fields: Fields, place: 'path' | 'query' | 'header'): readonly JsonObject[] {
  return Object.entries(fields).map(([name, { description, schema, required = false }]) => ({
    name,
    in: place,
    required: place === 'path' || required,
    description,
    schema: schema.json,
  }));
}

function requestBody(schema: AnySchema | undefined, forms: boolean): JsonObject {
  const json = schema?.json ?? { type: 'object', additionalProperties: false, description: 'An empty object.' };
  return {
    required: true,
    content: {
      ...(forms ? { 'application/x-www-form-urlencoded': { schema: json } } : {}),
      'application/json': { schema: json },
    },
  };
}

function responses({ answers, errors }: Operation, method: string, rules: RouterRules): JsonObject {
  const all: Record<string, JsonObject> = {};
  for (const [status, codes] of byStatus([...errors, ...rules.common])) {
    const isCommon =
      codes.every((code) => rules.common.includes(code)) && !answers.some((each) => each.status === status);
    all[status] = isCommon
      ? { $ref: `#/components/responses/${commonName(status)}` }
      : errorResponse(status, codes, errors, rules);
  }
  const redirects = method === 'get' && rules.redirectsToLogin && !answers.some(({ status }) => status === 303);
  for (const answer of redirects ? [...answers, toLogin] : answers) {
    all[answer.status] = merged(all[answer.status], answerResponse(answer));
  }
  return all;
}

/** Returns the responses that all operations of a router can send, as components. */
export function commonResponses(rules: RouterRules): JsonObject {
  return Object.fromEntries(
    [...byStatus(rules.common)].map(([status, codes]) => [commonName(status), errorResponse(status, codes, [], rules)]),
  );
}

function commonName(status: number): string {
  return `Refused${status}`;
}

/** Adds the bodies of an error to a response with the same status that is not an error, such as a page. */
function merged(error: JsonObject | undefined, answer: JsonObject): JsonObject {
  if (error === undefined) return answer;
  const both = (name: 'headers' | 'content'): JsonObject => ({
    ...(error[name] as JsonObject),
    ...(answer[name] as JsonObject),
  });
  return { ...error, ...answer, headers: both('headers'), content: both('content') };
}

function answerResponse({ description, headers = {}, cacheable, content }: Answer): JsonObject {
  return {
    description,
    headers: {
      'Cache-Control': cacheable ? cachePolicy : noStore,
      ...headersOf(headers),
    },
    ...(content === undefined ? {} : { content: contentOf(content) }),
  };
}

function contentOf(content: NonNullable<Answer['content']>): JsonObject {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema, item }]) => [
      type,
      // OpenAPI 3.1 has no keyword for the schema of an item in a sequence.
      { schema: schema.json, ...(item === undefined ? {} : { 'x-item-schema': item.json }) },
    ]),
  );
}

function headersOf(fields: Fields): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { description, schema, required = false }]) => [
      name,
      { description, required, schema: schema.json },
    ]),
  );
}

function errorResponse(
  status: number,
  codes: readonly ErrorCode[],
  own: readonly ErrorCode[],
  rules: RouterRules,
): JsonObject {
  const { commonOAuth, common, errorPages } = rules;
  const asProblem = commonOAuth === undefined ? codes : codes.filter((code) => common.includes(code));
  const asOAuth = codes.filter(
    (code) => commonOAuth !== undefined && (own.includes(code) || commonOAuth.includes(code)),
  );
  return {
    description: `Refused. The member \`${asOAuth.length === 0 ? 'code' : 'error'}\` says why.`,
    headers: {
      'Cache-Control': noStore,
      ...(status === 401
        ? {
            'WWW-Authenticate': {
              description: 'The authentication scheme (RFC 9110 §11.6.1).',
              required: commonOAuth === undefined,
              schema: { type: 'string' },
            },
          }
        : {}),
      ...(status === 429 || status === 503 || status === 400
        ? {
            'Retry-After': {
              description: 'The number of seconds to wait before the next request.',
              schema: { type: 'string', pattern: '^[0-9]+$' },
            },
          }
        : {}),
    },
    content: {
      ...(asOAuth.length === 0 ? {} : { 'application/json': { schema: oauthSchema(asOAuth) } }),
      ...(asProblem.length === 0 ? {} : { 'application/problem+json': { schema: problemSchema(status, asProblem) } }),
      ...(errorPages ? { 'text/html': { schema: { type: 'string' } } } : {}),
    },
  };
}
