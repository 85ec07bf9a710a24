// Compares the ids that the scripts use with the ids in the markup.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { activateIds } from '../../src/pages/browser/activate/activate-ids.js';
import { adminIds } from '../../src/pages/browser/admin/admin-ids.js';
import { connectIds } from '../../src/pages/browser/connect/connect-ids.js';
import { connectionIds, sharedIds } from '../../src/pages/browser/shared/page-ids.js';
import { pages } from '../../src/pages/pages.js';
import type { PageName } from '../../src/vocabulary/words.js';

const lists: Readonly<Record<PageName, readonly string[]>> = {
  'quick-connect': [...sharedIds, ...connectionIds, ...connectIds],
  activate: [...sharedIds, ...connectionIds, ...activateIds],
  admin: [...sharedIds, ...adminIds],
};

describe('the ids of the scripts', () => {
  for (const name of pages().names) {
    it(`equal the ids in the markup of the page ${name}`, () => {
      const { html } = pages().page(name);
      const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? '');
      expect([...lists[name]].sort()).to.deep.equal(ids.sort());
    });
  }
});
