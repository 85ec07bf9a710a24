// Checks docs/administration.md against the routes below admin/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startHost } from '../http/harness.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'administration.md'), 'utf8');

describe('docs/administration.md', () => {
  it('names every method and path of the API, and no other', async () => {
    const host = await startHost({ store: null });
    try {
      const routes = host.auth.router.stack.flatMap(({ route }) => {
        if (route === undefined || !route.path.startsWith('/admin/')) return [];
        const methods = new Set(route.stack.flatMap(({ method }) => method?.toUpperCase() ?? []));
        return [...methods].map((method) => `${method} ${route.path.slice(1)}`);
      });
      const documented = [...page.matchAll(/^\| ([A-Z]+) `(admin\/[\w/:-]+)/gm)].map(
        ([, method, path]) => `${method} ${path}`,
      );
      // The table has the form with the group in the query. The text below it describes the form with a path parameter.
      const byPath = /^admin\/group-roles\/:group$/;
      const named = routes.filter((route) => !byPath.test(route.split(' ')[1] ?? ''));
      expect([...new Set(documented)].sort()).to.deep.equal(named.sort());
    } finally {
      await host.close();
    }
  });

  it('names every step of an explanation', () => {
    const steps = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, step]) => step);
    expect(steps).to.deep.equal([
      'header_login',
      ...['peer', 'target', 'proxy_secret', 'headers', 'assertion', 'account', 'mappings', 'roles', 'admission'],
    ]);
  });
});
