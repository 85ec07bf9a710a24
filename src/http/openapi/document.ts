// Builds the OpenAPI 3.1 documents of both routers.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { HttpServices } from '../services.js';
import { accountPaths } from './account-operations.js';
import { adminPaths } from './admin-operations.js';
import { appPaths } from './app-operations.js';
import { commonErrors, errorComponents, tokenErrors } from './error-responses.js';
import type { Operation, PathEntry, ServerParts } from './operation.js';
import { pagePaths } from './page-operations.js';
import { pairingPaths } from './pairing-operations.js';
import { accessesOf, commonResponses, pathItem, type RouterRules, schemasOf } from './path-item.js';
import { type AnySchema, type JsonObject, text } from './schema.js';

/** The media type of OpenAPI documents in JSON. */
export const openapiType = 'application/openapi+json; version=3.1';

/** The path of the document below a router. */
export const openapiPath = '/openapi.json';

/** Returns the parts of the server that the documents depend on. */
export function serverParts(
  services: Pick<HttpServices, 'identifier' | 'session' | 'devices' | 'hostLinks' | 'pages'>,
): ServerParts {
  const { devices, pages } = services;
  const quickConnect = devices?.quickConnect;
  return {
    headerLogin: services.identifier.headerLogin,
    session: services.session,
    tokens: devices !== undefined,
    quickConnect: quickConnect !== undefined,
    deviceFlow: quickConnect?.verificationUri !== undefined,
    introspection: devices?.introspection !== undefined,
    hostUsers: services.hostLinks !== undefined,
    pages: pages?.names.filter((name) => name === 'admin' || quickConnect !== undefined),
  };
}

/** Builds the document of `router`. */
export function routerOpenapi(parts: ServerParts): JsonObject {
  const browser = [...(parts.headerLogin ? ['proxyLogin'] : []), ...(parts.session === 'none' ? [] : ['session'])];
  const user = parts.tokens ? [...browser, 'bearer'] : browser;
  return document(
    {
      title: 'Latchkey for browsers',
      description:
        'The routes for browsers behind an identity-aware proxy. A write must come from this site: it has the header `Sec-Fetch-Site: same-origin`, or `Origin` with the origin of this site. A path answers other methods with 405 and the header `Allow`.',
    },
    [...accountPaths(parts), ...pairingPaths(parts), ...adminPaths(), ...pagePaths(parts), documentPath(['ERR_QUERY'])],
    {
      common: commonErrors(parts),
      errorPages: parts.pages !== undefined,
      redirectsToLogin: parts.session === 'login-only',
      security: { anyone: [], browser, user, client: [] },
    },
  );
}

/** Builds the document of `tokenRouter`. */
export function tokenRouterOpenapi(parts: ServerParts): JsonObject {
  return document(
    {
      title: 'Latchkey for apps',
      description:
        'The routes for apps and for servers that introspect tokens. The routes ignore unknown members of a body. A path answers other methods with 405 and the header `Allow`.',
    },
    [...appPaths(parts), documentPath([])],
    {
      common: commonErrors(parts),
      // `authenticate` refuses an invalid bearer token before these routes run.
      commonOAuth: commonErrors(parts).filter((code) => !tokenErrors.includes(code) || code === 'ERR_TOKEN_SUSPENDED'),
      errorPages: parts.pages !== undefined,
      redirectsToLogin: false,
      security: { anyone: [], browser: [], user: [], client: ['client'] },
    },
  );
}

const securitySchemes: JsonObject = {
  proxyLogin: {
    type: 'apiKey',
    in: 'cookie',
    name: 'proxy-login',
    description: 'The login at the identity-aware proxy. The proxy decides the name of its cookie.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'connect.sid',
    description:
      "The session of the server. The server decides the name of the cookie; this is express-session's default.",
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token of a paired device. It works on unguarded and shared paths.',
  },
  client: { type: 'http', scheme: 'basic', description: 'The id and the secret of a registered server.' },
};

/** Describes the route of the document itself. */
function documentPath(errors: readonly ErrorCode[]): PathEntry {
  const get: Operation = {
    id: 'getOpenApiDocument',
    summary: 'Show this document',
    access: 'anyone',
    answers: [
      {
        status: 200,
        description: 'The document.',
        cacheable: true,
        headers: { ETag: { description: 'The version of the document.', schema: text, required: true } },
        content: { 'application/openapi+json': { schema: anyObject } },
      },
      { status: 304, description: 'The client already has this document.', cacheable: true },
    ],
    errors,
  };
  return { path: openapiPath, tag: 'Documents', get };
}

const anyObject: AnySchema = { json: { type: 'object' }, components: new Map() };

function document(
  info: { readonly title: string; readonly description: string },
  entries: readonly PathEntry[],
  rules: RouterRules,
): JsonObject {
  const components = new Map(
    [...errorComponents, ...entries.flatMap(schemasOf)].flatMap((each) => [...each.components]),
  );
  const schemes = new Set(entries.flatMap(accessesOf).flatMap((access) => rules.security[access]));
  const responses = commonResponses(rules);
  const paths = Object.fromEntries(entries.map((entry) => [entry.path, pathItem(entry, rules)]));
  return {
    openapi: '3.1.0',
    info: { ...info, version: '1', license: { name: 'MIT', identifier: 'MIT' } },
    // Relative to the address of the document, which lies in the mount path of its router.
    servers: [{ url: '.' }],
    tags: [...new Set(entries.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: usedBy({ paths, responses }, components),
      responses,
      securitySchemes: Object.fromEntries(Object.entries(securitySchemes).filter(([name]) => schemes.has(name))),
    },
  };
}

/** Returns the components to which a value refers, directly or through other components. Sorted by name. */
function usedBy(value: JsonObject, components: ReadonlyMap<string, JsonObject>): JsonObject {
  const used = new Map<string, JsonObject>();
  const search = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = components.get(name);
      if (schema === undefined || used.has(name)) continue;
      used.set(name, schema);
      search(JSON.stringify(schema));
    }
  };
  search(JSON.stringify(value));
  return Object.fromEntries([...used].sort(([one], [other]) => (one < other ? -1 : 1)));
}
