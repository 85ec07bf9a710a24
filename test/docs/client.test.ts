// Checks docs/client.md against the client's error codes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { clientErrorCodes } from '../../src/client/client-error.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'client.md'), 'utf8');

describe('docs/client.md', () => {
  it('has one row for every code, and no other row', () => {
    const rows = [...page.matchAll(/^\| `(ERR_\w+)` \|/gm)].map((row) => row[1]);
    expect(rows.sort()).to.deep.equal([...clientErrorCodes].sort());
  });
});
