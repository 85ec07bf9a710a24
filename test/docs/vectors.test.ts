// docs/vectors: each file is what a real server answers, and each answer matches the OpenAPI document.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { vectorFiles } from '../../scripts/vectors/files.js';
import { recordAll } from '../../scripts/vectors/scenarios.js';
import { tokenRouterOpenapi } from '../../src/http/openapi/document.js';
import { documentChecker } from '../support/openapi/document-checker.js';
import { mediaTypeOf } from '../support/openapi/exchange.js';
import { deviceFlowParts } from '../support/openapi/usual-parts.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'docs', 'vectors');

describe('the test vectors', () => {
  it('are what the server answers now (to update them: npm run vectors)', async () => {
    const files = await vectorFiles();
    const stored = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
    expect(Object.fromEntries(stored)).to.deep.equal(files);
  });

  it('match the OpenAPI document', async () => {
    const check = documentChecker(tokenRouterOpenapi({ ...deviceFlowParts, introspection: true }));
    const steps = Object.values(await recordAll())
      .flat()
      .flatMap((scenario) => scenario.steps)
      .filter(({ request }) => request.path.startsWith('/api/auth/'));
    expect(steps).to.have.length.greaterThan(40);
    for (const { name, request, response } of steps) {
      const { method, path, headers, body } = request;
      const faults = check({
        method,
        path: path.slice('/api/auth'.length),
        query: [],
        requestType: mediaTypeOf(headers['Content-Type']),
        body: body === undefined ? undefined : Object.fromEntries(new URLSearchParams(body)),
        status: response.status,
        headers: response.headers,
        answer: response.json === undefined ? '' : JSON.stringify(response.json),
      });
      expect(faults, name).to.deep.equal([]);
    }
  });
});
