// Checks docs/compatibility.md and package.json against the versions that `npm run test:matrix` tries.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { expressVersions, nodeVersions, runtimeTable, sqliteTable, typesTable } from '../../scripts/matrix/versions.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'compatibility.md'), 'utf8');
const { engines, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly engines: { readonly node: string };
  readonly peerDependencies: { readonly express: string };
};

describe('docs/compatibility.md', () => {
  it('shows the tables that npm run test:matrix prints if everything passes', () => {
    const passed = () => true;
    expect(page).to.contain(`\n\n${runtimeTable(passed)}\n\n`);
    expect(page).to.contain(`\n\n${typesTable(passed)}\n\n`);
    expect(page).to.contain(`\n\n${sqliteTable(passed)}\n\n`);
  });

  it('names the oldest versions that package.json accepts', () => {
    const exact = (versions: typeof nodeVersions) => versions.map(({ spec }) => spec).filter((spec) => /\./.test(spec));
    const [node20, node22] = exact(nodeVersions);
    expect(engines.node).to.equal(`^${node20} || >=${node22}`);
    const [express4, express5] = exact(expressVersions);
    expect(peerDependencies.express).to.equal(`^${express4} || ^${express5}`);
  });
});
