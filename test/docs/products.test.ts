// Checks docs/products.md against the servers that `npm run test:products` tries. That script runs the code of the pages.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { transformSync } from 'esbuild';
import { ownUsersPage, ownUsersServers, ownUsersTable } from '../../scripts/products/own-users-servers.js';
import { products, productsTable } from '../../scripts/products/products.js';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

describe('docs/products.md', () => {
  it('shows the tables that npm run test:products prints if everything passes', () => {
    const page = readFileSync(join(docs, 'products.md'), 'utf8');
    expect(page).to.contain(`\n\n${productsTable()}\n\n`).and.to.contain(`\n\n${ownUsersTable()}\n\n`);
  });

  it('has a page for every server, and no other page', () => {
    for (const { page } of products) expect(existsSync(join(docs, page)), page).to.equal(true);
    const pages = products.filter(({ heading }) => heading === undefined).map(({ page }) => page);
    const files = readdirSync(join(docs, 'products')).map((file) => `products/${file}`);
    expect(files.sort()).to.deep.equal([...new Set([...pages, ownUsersPage])].sort());
    const headings = readFileSync(join(docs, ownUsersPage), 'utf8').matchAll(/^## (.*)$/gm);
    expect(Array.from(headings, ([, heading]) => heading)).to.deep.equal(ownUsersServers.map(({ name }) => name));
  });

  it('has code that can be read', () => {
    for (const page of [...products.map((product) => product.page), ownUsersPage]) {
      const blocks = [...readFileSync(join(docs, page), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)];
      for (const [, code = ''] of blocks) expect(() => transformSync(code, { loader: 'js' }), page).not.to.throw();
    }
  });
});
