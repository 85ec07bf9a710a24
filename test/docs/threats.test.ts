// Checks docs/threats.md against the files in test/attacks/.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..', '..', '..');
const rows = new Map(
  readFileSync(join(root, 'docs', 'threats.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name, threat, rule, tests] = line.split(/ ?\| /);
      return name !== undefined && /^[HP]\d+$/.test(name) ? [[name, { threat, rule, tests }] as const] : [];
    }),
);

describe('docs/threats.md', () => {
  it('names each attack test in the row of its number, and no other file', () => {
    const files = readdirSync(join(root, 'test', 'attacks')).filter((name) => /^[hp]\d\d-.*\.test\.ts$/.test(name));
    const expected = files.map((name) => `${name.charAt(0).toUpperCase()}${Number(name.slice(1, 3))} ${name}`);
    const named = [...rows].flatMap(([name, { tests = '' }]) =>
      [...tests.matchAll(/\(\.\.\/test\/attacks\/([^)]+)\)/g)].map(([, file]) => `${name} ${file}`),
    );
    expect(named.sort()).to.deep.equal(expected.sort());
  });

  it('states a threat and a rule for each number', () => {
    const numbers = (kind: string, last: number) => Array.from({ length: last }, (_, index) => `${kind}${index + 1}`);
    const expected = [...numbers('H', 45), ...numbers('P', 28)].filter((name) => name !== 'H23' && name !== 'H43');
    expect([...rows.keys()]).to.deep.equal(expected);
    for (const [name, { threat = '', rule = '' }] of rows) {
      expect(threat.length, name).to.be.greaterThan(20);
      expect(rule.length, name).to.be.greaterThan(20);
    }
  });
});
