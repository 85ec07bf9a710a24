// The types of the JSON on the wire.
import { readdir } from 'node:fs/promises';
import { expect } from 'chai';

const folder = new URL('../../src/vocabulary/wire/', import.meta.url);

describe('the types of the JSON', () => {
  it('have no run-time code, so that apps and pages can import them', async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    expect(names).to.include('token-json.js');
    for (const name of names) {
      const module: object = await import(new URL(name, folder).href);
      expect(Object.keys(module), name).to.deep.equal([]);
    }
  });
});
