// Checks docs/events.md against the events of src/vocabulary/events.ts, and both against the code that raises events.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventTypes } from '../../src/metrics/label-values.js';
import { type ErrorCode, errorCodes } from '../../src/vocabulary/errors.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'events.md'), 'utf8');
const types = readFileSync(join(root, 'src', 'vocabulary', 'events.ts'), 'utf8');

/** Compiles only if the code of every event is a code of `LatchkeyError`, which has its heading in docs/errors.md. */
const codeOf = ({ code }: Extract<LatchkeyEvent, { readonly code: unknown }>): ErrorCode => code;

/** The members of every event, as the union in src/vocabulary/events.ts declares them. */
function declared(): Map<string, string[]> {
  const union = types.slice(types.indexOf('export type LatchkeyEvent ='));
  const variants = union.slice(0, union.indexOf('};') + 1).split(/^ {2}\| /m);
  return new Map(
    variants.slice(1).map((variant) => {
      const code = variant.replaceAll(/\/\*\*.*?\*\//gs, '');
      const type = /readonly type: '([^']+)'/.exec(code)?.[1] ?? '';
      const members = [...code.matchAll(/readonly (\w+\??): /g)].map(([, member = '']) => member);
      return [type, members.filter((member) => member !== 'type')];
    }),
  );
}

/** The members that the page names, by heading. */
function documented(): Map<string, string[]> {
  const sections = page.split(/^### /m).slice(1);
  return new Map(
    sections.map((section) => {
      const type = /^`([^`]+)`\n/.exec(section)?.[1] ?? '';
      const line = section.split('\n')[2] ?? '';
      const members = line === 'No members.' ? [] : line.split(', ').map((member) => member.replaceAll('`', ''));
      return [type, members];
    }),
  );
}

describe('docs/events.md', () => {
  it('has one heading for every event, and no other heading', () => {
    expect([...documented().keys()].sort()).to.deep.equal([...eventTypes].sort());
    expect([...declared().keys()].sort()).to.deep.equal([...eventTypes].sort());
  });

  it('names the members of each event', () => {
    expect(Object.fromEntries(documented())).to.deep.equal(Object.fromEntries(declared()));
  });

  it('can link each code of an event to docs/errors.md', () => {
    expect(errorCodes).to.include(codeOf({ type: 'error', code: 'ERR_CONFIG', message: '' }));
  });

  it('shows that an event about a user carries both the id and the subject', () => {
    for (const [type, members] of declared()) {
      // Raised before the look-up of the user: the id is not known yet.
      if (type === 'assertion.incomplete') continue;
      const names = members.map((member) => member.replace('?', ''));
      expect(names.includes('userId'), type).to.equal(names.includes('subject'));
      // Only a pairing that no user has approved yet has no user.
      if (/^(user|session|pairing|device)\./.test(type) && type !== 'pairing.requested') {
        expect(members, type).to.include.members(['userId', 'subject']);
      }
    }
  });

  it('describes each event', () => {
    for (const section of page.split(/^### /m).slice(1)) {
      const [heading = '', , , ...lines] = section.split('\n');
      expect(lines.join(' ').trim().length, heading).to.be.greaterThan(15);
    }
  });

  it('names only events that the code raises', () => {
    const folder = join(root, 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const code = files
      .filter((name) => !name.endsWith('vocabulary/events.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
    for (const type of eventTypes) {
      // rows.ts builds `user.created` and `user.updated` from the outcome of provisioning.
      const raised =
        code.includes(`type: '${type}'`) || (/^user\.(created|updated)$/.test(type) && code.includes('type: `user.'));
      expect(raised, type).to.equal(true);
    }
  });
});
