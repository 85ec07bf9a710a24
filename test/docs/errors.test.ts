// Checks docs/errors.md against the error codes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorCodes, LatchkeyError } from '../../src/vocabulary/errors.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'errors.md'), 'utf8');
const headings = [...page.matchAll(/^### `(ERR_\w+)` · (\d{3})$/gm)];

describe('docs/errors.md', () => {
  it('has one heading for every code, and no other heading', () => {
    expect(headings.map((heading) => heading[1]).sort()).to.deep.equal([...errorCodes].sort());
  });

  it('states the HTTP status of each code', () => {
    const documented = Object.fromEntries(headings.map((heading) => [heading[1], Number(heading[2])]));
    const actual = Object.fromEntries(errorCodes.map((code) => [code, new LatchkeyError(code).status]));
    expect(documented).to.deep.equal(actual);
  });

  it('describes each code under its heading', () => {
    for (const section of page.split(/^### /m).slice(1)) {
      const [heading = '', ...lines] = section.split('\n');
      expect(lines.join(' ').trim().length, heading).to.be.greaterThan(40);
    }
  });
});
