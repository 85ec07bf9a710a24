// Parsing and formatting of typed codes.
import { expect } from 'chai';
import { typedCode } from '../../src/client/index.js';
import { codes } from '../../src/pairing/pairing-code.js';
import { keyRing } from '../../src/tokens/key-ring.js';

describe('client: typedCode', () => {
  const complete = { text: 'K7QM-2P9D-XR40', complete: true, stray: false };

  it('groups the characters typed so far', () => {
    const shown = ['', 'k', 'k7qm', 'k7qm2', 'k7qm-2p9d', 'k7qm-2p9d-x'].map((text) => typedCode(text).text);
    expect(shown).to.deep.equal(['', 'K', 'K7QM', 'K7QM-2', 'K7QM-2P9D', 'K7QM-2P9D-X']);
    expect(typedCode('k7qm-2p9d-xr4')).to.include({ complete: false, stray: false });
  });

  for (const text of [
    'k7qm2p9dxr40',
    ' K7QM 2P9D XR4O ',
    'k7qm–2p9d—xr40',
    'K7QM_2P9D.XR40',
    'Ｋ７ＱＭ－２Ｐ９Ｄ－ＸＲ４０',
  ]) {
    it(`reads "${text}"`, () => {
      expect(typedCode(text)).to.deep.equal(complete);
    });
  }

  it('reads I and L as 1, O as 0', () => {
    expect(typedCode('iIlL-oO00-1111').text).to.equal('1111-0000-1111');
  });

  it('omits invalid characters and reports them', () => {
    expect(typedCode('K7QM-2P9D-XRU4!0')).to.deep.equal({ ...complete, stray: true });
    expect(typedCode('K7QM-2P9D-XR40-77')).to.deep.equal({ ...complete, stray: true });
  });

  it('accepts only digits in the digits format', () => {
    expect(typedCode('1234 5678 9o1l', 'digits')).to.deep.equal({
      text: '1234-5678-9011',
      complete: true,
      stray: false,
    });
    expect(typedCode('1234A', 'digits')).to.deep.equal({ text: '1234', complete: false, stray: true });
  });

  for (const format of ['base32', 'digits'] as const) {
    it(`agrees with the server on the format ${format}`, async () => {
      const server = codes(keyRing([{ kid: 'one', secret: 'k'.repeat(32) }]), format);
      for (let round = 0; round < 50; round += 1) {
        const pairing = { id: crypto.randomUUID(), kid: 'one', locator: server.locator() };
        const code = (await server.code(pairing, Date.now())) ?? '';
        const typed = code.toLowerCase().replace(/-/g, ' ').replace(/1/g, 'l').replace(/0/g, 'o');
        expect(typedCode(typed, format)).to.deep.equal({ text: code, complete: true, stray: false });
        expect(server.parse(typed)).to.deep.equal(server.parse(code));
      }
    });
  }
});
