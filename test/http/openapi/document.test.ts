// The OpenAPI documents are valid, and list exactly the routes, parameters and members that the routers have.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import swaggerParser from '@apidevtools/swagger-parser';
import { expect } from 'chai';
import type { Router } from 'express';
import type { LatchkeyOptions } from '../../../src/index.js';
import {
  allParts,
  appLink,
  hostUsers,
  type OpenapiServer,
  operationsOf,
  paths,
  type ServedDocument,
  startOpenapiServer,
  tokens,
} from './documents.js';

const configurations: Readonly<Record<string, Partial<LatchkeyOptions>>> = {
  'all parts': allParts,
  'header login only': {},
  'login-only sessions': { session: 'login-only' },
  'tokens without quick connect': { ...paths, tokens },
  'quick connect without the device flow': { ...paths, tokens, quickConnect: { appLink } },
  'host users': { hostUsers },
};

describe('the OpenAPI documents', () => {
  for (const [name, options] of Object.entries(configurations)) {
    describe(`of a server with ${name}`, () => {
      let server: OpenapiServer;
      let documents: readonly ServedDocument[];

      before(async () => {
        server = await startOpenapiServer(options);
        documents = [
          await server.document('/auth'),
          ...(options.tokens === undefined ? [] : [await server.document('/api/auth')]),
        ];
      });
      after(() => server.stop());

      it('match the official schema of OpenAPI 3.1', async () => {
        for (const document of documents) await swaggerParser.validate(structuredClone(document) as never);
      });

      it('list exactly the routes of the routers', () => {
        const routers = [server.auth.router, ...(options.tokens === undefined ? [] : [server.auth.tokenRouter])];
        expect(documents.map((document) => operationsOf(document).map(nameOf).sort())).to.deep.equal(
          routers.map((router) => routesOf(router)),
        );
      });

      it('name each operation, tag and security scheme that they use, and no other', () => {
        const ids = documents.flatMap((document) => operationsOf(document).map(({ operationId }) => operationId));
        const own = ids.filter((id) => id !== 'getOpenApiDocument');
        expect(own.length).to.equal(new Set(own).size);
        for (const document of documents) {
          const operations = operationsOf(document);
          expect(operations.filter(({ summary }) => summary.trim() === '' || summary.endsWith('.'))).to.be.empty;
          const tags = operations.flatMap((operation) => operation.tags);
          expect([...new Set(tags)].sort()).to.deep.equal(document.tags.map((tag) => tag.name).sort());
          const schemes = operations.flatMap(({ security }) => security.flatMap((each) => Object.keys(each)));
          expect([...new Set(schemes)].sort()).to.deep.equal(Object.keys(document.components.securitySchemes).sort());
        }
      });

      it('refer to each component, and to no other', () => {
        for (const document of documents) {
          const used = [...JSON.stringify(document).matchAll(/"#\/components\/\w+\/(\w+)"/g)].map(([, name]) => name);
          const { schemas, responses } = document.components;
          const known = [...Object.keys(schemas), ...Object.keys(responses)];
          expect([...new Set(used)].sort()).to.deep.equal(known.sort());
        }
      });

      it('list the query parameters that the routes know', async () => {
        for (const document of documents) {
          for (const operation of operationsOf(document)) {
            if (!JSON.stringify(operation.responses['400'] ?? {}).includes('ERR_QUERY')) continue;
            const answer = await server.ask(addressOf(document, documents, operation, '?unknown=1'), {
              ...(operation.method === 'get' ? {} : write('{}')),
              method: operation.method.toUpperCase(),
            });
            const { detail } = (await answer.json()) as { detail: string };
            const names = (operation.parameters ?? []).filter((each) => each.in === 'query').map((each) => each.name);
            const expected =
              names.length === 0 ? 'This endpoint takes no parameters.' : `Known parameters: ${names.join(', ')}.`;
            expect(`${nameOf(operation)}: ${detail}`.split(', ').sort()).to.deep.equal(
              `${nameOf(operation)}: ${expected}`.split(', ').sort(),
            );
          }
        }
      });

      it('list the members of bodies that the routes for browsers know', async () => {
        const [document] = documents as [ServedDocument];
        for (const operation of operationsOf(document)) {
          const schema = operation.requestBody?.content['application/json']?.schema;
          if (schema === undefined) continue;
          const query = operation.path === '/admin/group-roles' ? '?group=staff' : '';
          const answer = await server.ask(`/auth${placed(operation.path)}${query}`, {
            ...write('{"unknown":1}'),
            method: operation.method.toUpperCase(),
          });
          const { detail } = (await answer.json()) as { detail: string };
          const names = membersOf(document, schema);
          const expected =
            names.length === 0 ? 'This endpoint takes no members.' : `Known members: ${names.join(', ')}.`;
          expect(wordsOf(`${nameOf(operation)}: ${detail}`)).to.deep.equal(
            wordsOf(`${nameOf(operation)}: ${expected}`),
          );
        }
      });
    });
  }

  it('describe each member with the words of its wire type', async () => {
    const server = await startOpenapiServer(allParts);
    const documents = await Promise.all([server.document('/auth'), server.document('/api/auth')]).finally(server.stop);
    const described = documents.flatMap(descriptionsOf);
    expect([...new Set(described)].sort()).to.deep.equal(wireComments());
  });
});

type Named = { readonly path: string; readonly method: string };

function nameOf({ method, path }: Named): string {
  return `${method} ${path}`;
}

/** The routes that are registered at a router. A path that answers GET itself is registered for all methods. */
function routesOf(router: Router): readonly string[] {
  const routes = router.stack.flatMap(({ route }) => (route === undefined ? [] : [route]));
  return routes
    .flatMap(({ path, stack }) => {
      const methods = new Set(stack.flatMap(({ method }) => (method === undefined ? [] : [method])));
      return [...(methods.size === 0 ? ['get'] : methods)].map(
        (method) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
      );
    })
    .sort();
}

function placed(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '11111111-1111-4111-8111-111111111111');
}

function addressOf(
  document: ServedDocument,
  [first]: readonly ServedDocument[],
  { path }: Named,
  query: string,
): string {
  return `${document === first ? '/auth' : '/api/auth'}${placed(path)}${query}`;
}

function write(body: string): RequestInit {
  return { body, headers: { 'Content-Type': 'application/json', 'If-Match': '"1"' } };
}

function wordsOf(text: string): readonly string[] {
  return text.replace(/\.$/, '').split(/, | /).sort();
}

/** The names of all members of a body. */
function membersOf(document: ServedDocument, schema: object): readonly string[] {
  const { $ref, anyOf, properties } = schema as { $ref?: string; anyOf?: readonly object[]; properties?: object };
  if ($ref !== undefined) return membersOf(document, document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  return anyOf?.flatMap((each) => membersOf(document, each)) ?? Object.keys(properties ?? {});
}

/** All descriptions of members, as `name: text`. */
function descriptionsOf({ components }: ServedDocument): readonly string[] {
  const found: string[] = [];
  const search = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value && typeof value.properties === 'object') {
      for (const [name, { description }] of Object.entries(value.properties ?? {})) {
        if (description !== undefined) found.push(`${name}: ${description}`);
      }
    }
    for (const each of Object.values(value)) search(each);
  };
  search(components.schemas);
  return found;
}

/** All doc comments of members in src/vocabulary/wire, as `name: text`. */
function wireComments(): readonly string[] {
  const folder = join(import.meta.dirname, '..', '..', '..', '..', 'src', 'vocabulary', 'wire');
  const comments = readdirSync(folder).flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    return [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)\??:/g)].map(
      ([, comment = '', name]) => `${name}: ${comment.replaceAll(/\s*\n\s*\* ?/g, ' ').trim()}`,
    );
  });
  return [...new Set(comments)].sort();
}
