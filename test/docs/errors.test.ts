// docs/errors.md and the error codes, held together.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorCodes, LatchkeyError } from '../../src/vocabulary/errors.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'errors.md'), 'utf8');
const headings = [...page.matchAll(/^### `(ERR_\w+)` · (\d{3})$/gm)];

describe('docs/errors.md', () => {
  it('has a heading for every code, and none for another', () => {
    expect(headings.map((heading) => heading[1]).sort()).to.deep.equal([...errorCodes].sort());
  });

  it('names the status that each code answers with', () => {
    const documented = Object.fromEntries(headings.map((heading) => [heading[1], Number(heading[2])]));
    const actual = Object.fromEntries(errorCodes.map((code) => [code, new LatchkeyError(code).status]));
    expect(documented).to.deep.equal(actual);
  });

  it('says something under every heading', () => {
    for (const section of page.split(/^### /m).slice(1)) {
      const [heading = '', ...lines] = section.split('\n');
      expect(lines.join(' ').trim().length, heading).to.be.greaterThan(40);
    }
  });
});
