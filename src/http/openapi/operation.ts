// Defines how an operation is described, and which parts a server has.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { PageName, SessionMode } from '../../vocabulary/words.js';
import { type AnySchema, text } from './schema.js';

/** The parts of this server that its documents depend on. */
export interface ServerParts {
  readonly headerLogin: boolean;
  readonly session: SessionMode;
  readonly tokens: boolean;
  readonly quickConnect: boolean;
  readonly deviceFlow: boolean;
  readonly introspection: boolean;
  readonly hostUsers: boolean;
  /** The pages that this server has. Absent if it has no pages. */
  readonly pages?: readonly PageName[] | undefined;
}

/**
 * Who may use an operation. `anyone`: no credentials are needed. `browser`: a login at the proxy or a session. `user`:
 * a login at the proxy, a session or a bearer token. `client`: a server with client credentials.
 */
export type Access = 'anyone' | 'browser' | 'user' | 'client';

/** A parameter or a response header. */
export interface Field {
  readonly description: string;
  readonly schema: AnySchema;
  /** Default `false`. A parameter in the path is always required. */
  readonly required?: boolean | undefined;
}

/** The fields by name. */
export type Fields = Readonly<Record<string, Field>>;

/** A body of one media type. */
export interface Content {
  readonly schema: AnySchema;
  /** The schema of each line or of the data of each event, if the body is a sequence of JSON values. */
  readonly item?: AnySchema | undefined;
}

/** A response that is not an error. */
export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly headers?: Fields | undefined;
  /** Whether clients may store the response. Default `false`. */
  readonly cacheable?: true | undefined;
  /** By media type. Default: no body. */
  readonly content?: Readonly<Record<string, Content>> | undefined;
}

/** One method of one path. */
export interface Operation {
  /** The name of the operation, unique in both documents. Generators use it as the name of a function. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly access: Access;
  readonly query?: Fields | undefined;
  readonly headers?: Fields | undefined;
  /** The body of a write. If the schema is absent, the body must be an empty JSON object. Default: no body. */
  readonly body?: { readonly schema?: AnySchema | undefined } | undefined;
  readonly answers: readonly Answer[];
  /** The codes that this operation adds to the codes of all operations of its router. */
  readonly errors: readonly ErrorCode[];
}

/** A path below the mount path of a router. */
export interface PathEntry {
  readonly path: string;
  readonly tag: string;
  /** The parameters in the path. */
  readonly parameters?: Fields | undefined;
  readonly get?: Operation | undefined;
  readonly post?: Operation | undefined;
  readonly put?: Operation | undefined;
  readonly patch?: Operation | undefined;
  readonly delete?: Operation | undefined;
}

/** Returns a JSON body. */
export function json(schema: AnySchema): Readonly<Record<string, Content>> {
  return { 'application/json': { schema } };
}

/** Returns a response with the status 200 and a JSON body. */
export function ok(description: string, schema: AnySchema, headers?: Fields): Answer {
  return { status: 200, description, headers, content: json(schema) };
}

/** Returns a response with the status 204. */
export function noContent(description: string): Answer {
  return { status: 204, description };
}

/** Returns a response with the status 303. Users see its body only if their browser does not follow redirects. */
export function redirect(description: string, place: string): Answer {
  return {
    status: 303,
    description,
    headers: { Location: { description: place, schema: text, required: true } },
    content: { 'text/plain': { schema: text }, 'text/html': { schema: text } },
  };
}
