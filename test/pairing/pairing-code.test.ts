// Pairing codes: the test vectors of RFC 6238, the encoding, and typed input.
import { expect } from 'chai';
import { equal } from '../../src/pairing/equal.js';
import { type CodeFormat, codes, pack, stepEndsIn, totp } from '../../src/pairing/pairing-code.js';
import { keyRing } from '../../src/tokens/key-ring.js';

const keys = keyRing([{ kid: 'k', secret: 'a secret of at least thirty-two bytes' }]);
const pairing = { id: '5d9e7a52-0000-4000-8000-000000000001', kid: 'k', locator: 'AB12' };
const minute = 60_000;
const now = 29_000_000 * minute;

/** Computes the TOTPs of a pairing from its two keys, independently of the code under test. */
async function halves(step: number): Promise<[string, string]> {
  const key = (purpose: string) => keys.derive('k', `latchkey/pairing/v1/${purpose}/${pairing.id}`, 32) as Buffer;
  return [await totp(key('code-1'), 6, step), await totp(key('code-2'), 6, step)];
}

describe('TOTP', () => {
  // RFC 6238, appendix B, the SHA-256 rows: T in hexadecimal, and the value.
  const seed = Buffer.from('12345678901234567890123456789012');
  const vectors: [string, string][] = [
    ['0000000000000001', '46119246'],
    ['00000000023523EC', '68084774'],
    ['00000000023523ED', '67062674'],
    ['000000000273EF07', '91819424'],
    ['0000000003F940AA', '90698825'],
    ['0000000027BC86AA', '77737706'],
  ];
  for (const [step, value] of vectors) {
    it(`is ${value} for T = ${step}`, async () => {
      expect(await totp(seed, 8, Number.parseInt(step, 16))).to.equal(value);
      expect(await totp(seed, 6, Number.parseInt(step, 16))).to.equal(value.slice(2));
    });
  }
});

describe('packing', () => {
  it('encodes 12 digits as 8 characters, without collisions at the limits', () => {
    const crockford = (value: bigint) =>
      [...value.toString(32).padStart(8, '0')]
        .map((char) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(Number.parseInt(char, 32)))
        .join('');
    for (const [first, second] of [
      ['000000', '000000'],
      ['000000', '000001'],
      ['000001', '000000'],
      ['123456', '654321'],
      ['999999', '999999'],
    ] as const) {
      expect(pack(first, second)).to.equal(crockford(BigInt(first + second)));
    }
  });
});

describe('pairing codes', () => {
  const base32 = codes(keys, 'base32');
  const proofAt = async (at: number) => base32.parse((await base32.code(pairing, at)) ?? '')?.proof ?? '';

  it('consist of the locator and both TOTPs of the time step', async () => {
    const [first, second] = await halves(29_000_000);
    const packed = pack(first, second);
    expect(await base32.code(pairing, now)).to.equal(`AB12-${packed.slice(0, 4)}-${packed.slice(4)}`);
    expect(await base32.code(pairing, now + minute - 1)).to.equal(await base32.code(pairing, now));
    expect(await base32.code(pairing, now + minute)).to.not.equal(await base32.code(pairing, now));
  });

  it('are accepted in their time step and the next, and in no other', async () => {
    const given = await proofAt(now);
    const verdicts = [-1, 0, minute - 1, minute, 2 * minute - 1, 2 * minute].map((later) =>
      base32.matches(pairing, given, now + later),
    );
    expect(await Promise.all(verdicts)).to.deep.equal([false, true, true, true, true, false]);
  });

  it('need both TOTPs of the same time step', async () => {
    const [first, second] = await halves(29_000_000);
    const [earlierFirst, earlierSecond] = await halves(28_999_999);
    const matches = (one: string, two: string) => base32.matches(pairing, pack(one, two), now);
    expect(await matches(first, second)).to.equal(true);
    expect(await matches(earlierFirst, earlierSecond)).to.equal(true);
    expect(await matches(first, earlierSecond)).to.equal(false);
    expect(await matches(earlierFirst, second)).to.equal(false);
    expect(await matches(second, first)).to.equal(false);
  });

  it('differ between pairings and between keys', async () => {
    const given = await proofAt(now);
    const other = { ...pairing, id: '5d9e7a52-0000-4000-8000-000000000002' };
    expect(await base32.matches(other, given, now)).to.equal(false);
    const ring = keyRing([{ kid: 'k', secret: 'another secret of thirty-two bytes!!' }]);
    expect(await codes(ring, 'base32').matches(pairing, given, now)).to.equal(false);
    expect(await base32.matches({ ...pairing, kid: 'gone' }, given, now)).to.equal(false);
    expect(await base32.code({ ...pairing, kid: 'gone' }, now)).to.equal(undefined);
  });

  it('use independent keys for their two halves', async () => {
    const [first, second] = await halves(29_000_000);
    expect(first).to.not.equal(second);
  });

  it('are parsed regardless of case, spaces, dashes and confusable letters', () => {
    const plain = { locator: 'A01B', proof: '1012AB0Z' };
    for (const text of [
      'A01B-1012-AB0Z',
      'a01b1012ab0z',
      ' aO1b 1o12 – ab0z\n',
      'AOIB-LOI2-ABOZ',
      'ａ０１ｂ１０１２ａｂ０ｚ',
    ]) {
      expect(base32.parse(text), text).to.deep.equal(plain);
    }
  });

  it('are refused in any other form', () => {
    for (const text of [
      '',
      '-',
      'A01B-1012-AB0',
      'A01B-1012-AB0ZZ',
      'A01B-1012-ABUZ',
      'A01B_1012_AB0Z',
      'A01B-1012-AB0!',
    ]) {
      expect(base32.parse(text), text).to.equal(undefined);
    }
  });

  it('can consist of digits only', async () => {
    const digits = codes(keys, 'digits');
    const code = await digits.code({ ...pairing, locator: '0042' }, now);
    expect(code).to.match(/^0042-\d{4}-\d{4}$/);
    const parsed = digits.parse(code ?? '');
    expect(await digits.matches(pairing, parsed?.proof ?? '', now + minute)).to.equal(true);
    expect(await digits.matches(pairing, parsed?.proof ?? '', now + 2 * minute)).to.equal(false);
    expect(digits.parse('0042-1234-567A')).to.equal(undefined);
    expect(digits.parse('oo42 i234 567l')).to.deep.equal({ locator: '0042', proof: '12345671' });
  });

  for (const [format, shape] of [
    ['base32', /^[0-9A-HJKMNP-TV-Z]{4}$/],
    ['digits', /^\d{4}$/],
  ] as [CodeFormat, RegExp][]) {
    it(`have random locators in ${format}`, () => {
      const drawn = Array.from({ length: 50 }, () => codes(keys, format).locator());
      for (const locator of drawn) expect(locator).to.match(shape);
      expect(new Set(drawn).size).to.be.greaterThan(40);
    });
  }

  it('have a whole number of seconds until the next code', () => {
    expect([0, 1, 999, 1000, 59_999].map((later) => stepEndsIn(now + later))).to.deep.equal([60, 60, 60, 59, 1]);
  });

  it('are unequal if their lengths differ', () => {
    expect([equal('a', 'a'), equal('a', 'b'), equal('a', 'aa'), equal('', ''), equal(undefined, '')]).to.deep.equal([
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});
