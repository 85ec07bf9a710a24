// Strict parsing of query strings and of If-Match versions.
import { expect } from 'chai';
import type { Request } from 'express';
import { requiredVersion, requiredVersionOrNone } from '../../src/http/precondition.js';
import { type Cursor, pageOf, queryOf } from '../../src/http/query.js';
import { refusal } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

const asked = (query: string) => ({ originalUrl: `/auth/admin/x${query}` }) as Request;
const names = ['search', 'role', 'pending', 'since', 'limit', 'cursor'];
const query = (text: string) => queryOf(asked(text), names);

describe('a query', () => {
  it('returns the values as sent, decoded once', () => {
    expect(query('?search=a+b%2B%25&pending=true').optionalText('search')).to.equal('a b+%');
    expect(query('?search=a=b&&pending=true').optionalText('search')).to.equal('a=b');
    expect(query('?search=a?b').optionalText('search')).to.equal('a?b');
    expect(query('?pending=true').flag('pending')).to.equal(true);
    expect(query('?pending=false').flag('pending')).to.equal(false);
    expect(query('').flag('pending')).to.equal(undefined);
    expect(query('?role=a').word('role', ['a', 'b'])).to.equal('a');
  });

  it('refuses unknown names, repeated names, and broken escapes', () => {
    for (const text of ['?serach=a', '?search=a&search=b', '?search[]=a', '?=', '?search=%', '?search=%ff', '?%zz=a']) {
      expect(
        codeOf(() => query(text)),
        text,
      ).to.equal('ERR_QUERY');
    }
    expect(codeOf(() => queryOf(asked('?x=1'), []))).to.equal('ERR_QUERY');
    expect(queryOf(asked('?'), []).value('x')).to.equal(undefined);
  });

  it('refuses invalid values', () => {
    for (const text of ['?search=', '?search', `?search=${'x'.repeat(513)}`, '?search=a%00', '?search=a%0Ab']) {
      expect(
        codeOf(() => query(text).optionalText('search')),
        text,
      ).to.equal('ERR_QUERY');
    }
    expect(codeOf(() => query('?pending=1').flag('pending'))).to.equal('ERR_QUERY');
    expect(codeOf(() => query('?pending=TRUE').flag('pending'))).to.equal('ERR_QUERY');
    expect(codeOf(() => query('?role=c').word('role', ['a', 'b']))).to.equal('ERR_QUERY');
  });

  it('parses instants with an offset, and days', () => {
    const at = (text: string) => query(`?since=${text}`).instant('since')?.toISOString();
    expect(at('2026-11-01T10:00:00Z')).to.equal('2026-11-01T10:00:00.000Z');
    expect(at('2026-11-01T10:00:00.250%2B02:00')).to.equal('2026-11-01T08:00:00.250Z');
    expect(at('2024-02-29')).to.equal('2024-02-29T00:00:00.000Z');
    for (const text of [
      ...['2026-02-31', '2026-02-31T00:00:00Z', '2026-13-01', '2026-11-01T10:00:00', '2026-11-01T10:00:00+02:00'],
      ...['1', 'yesterday', '2026-11-01T25:00:00Z', '', '20261101'],
    ]) {
      expect(
        codeOf(() => at(text)),
        text,
      ).to.equal('ERR_QUERY');
    }
  });

  it('accepts 1 to 1,000 items per page', () => {
    expect(query('').limit()).to.equal(100);
    expect([1, 1000].map((limit) => query(`?limit=${limit}`).limit())).to.deep.equal([1, 1000]);
    for (const limit of ['', '0', '-1', '1001', '1e2', '1.5', '0x10', '%2010', '+10', 'ten', '01']) {
      expect(
        codeOf(() => query(`?limit=${limit}`).limit()),
        limit,
      ).to.equal('ERR_PAGE');
    }
  });

  it('refuses foreign cursors', () => {
    const sealed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    expect(query(`?cursor=${sealed(['a'])}`).cursor(1)).to.deep.equal(['a']);
    expect(query(`?cursor=${sealed(['a', 'b'])}`).cursor(2)).to.deep.equal(['a', 'b']);
    for (const cursor of [
      '',
      'x',
      '%00',
      sealed('a'),
      sealed([1]),
      sealed([]),
      sealed(['a', 'b']),
      sealed({ 0: 'a' }),
      'a'.repeat(2001),
      sealed(null),
    ]) {
      expect(
        codeOf(() => query(`?cursor=${cursor}`).cursor(1)),
        cursor,
      ).to.equal('ERR_PAGE');
    }
  });

  it('pages through a list, and recognizes the last page', async () => {
    const place: Cursor<number> = {
      length: 1,
      textsOf: (item) => [String(item)],
      itemOf: ([text]) => Number(text),
    };
    for (const [count, limit] of [
      [0, 2],
      [1, 2],
      [2, 2],
      [5, 2],
      [6, 2],
    ] as const) {
      const all = Array.from({ length: count }, (_, index) => index);
      const list = async (after: number | undefined, size: number) =>
        all.filter((item) => after === undefined || item > after).slice(0, size);
      const seen: number[] = [];
      let pages = 0;
      for (let next: string | null = ''; next !== null; pages++) {
        const from = query(`?limit=${limit}${next === '' ? '' : `&cursor=${next}`}`);
        const page: { readonly items: readonly number[]; readonly next: string | null } = await pageOf(
          from,
          list,
          place,
        );
        seen.push(...page.items);
        next = page.next;
      }
      expect(seen).to.deep.equal(all);
      expect(pages).to.equal(Math.max(1, Math.ceil(count / limit)));
    }
    const failing = () => Promise.reject(new Error('never asked'));
    expect(await refusal(pageOf(query('?limit=0'), failing, place))).to.equal('ERR_PAGE');
  });
});

describe('a precondition', () => {
  const given = (headers: Record<string, string>) => ({ headers }) as unknown as Request;

  it('names one version', () => {
    expect(requiredVersion(given({ 'if-match': '"0"' }))).to.equal(0);
    expect(requiredVersion(given({ 'if-match': '"123456789012345"' }))).to.equal(123_456_789_012_345);
    expect(requiredVersionOrNone(given({ 'if-match': '"7"' }))).to.equal(7);
    expect(requiredVersionOrNone(given({ 'if-none-match': '*' }))).to.equal('none');
  });

  it('is required, and never accepts any version', () => {
    const unusable = [
      ...['*', '', '7', '""', '"7', '"07"', '"-1"', '"7.0"', '"1e3"', '"7", "8"', '"7","7"', 'W/"7"', '"x"'],
      ...['"9999999999999999"', '"7" ', "'7'", '"7-gzip"'],
    ];
    for (const value of unusable) {
      for (const read of [requiredVersion, requiredVersionOrNone]) {
        expect(
          codeOf(() => read(given({ 'if-match': value }))),
          value,
        ).to.equal('ERR_VERSION_REQUIRED');
      }
    }
    for (const read of [requiredVersion, requiredVersionOrNone]) {
      expect(codeOf(() => read(given({})))).to.equal('ERR_VERSION_REQUIRED');
      expect(codeOf(() => read(given({ 'if-none-match': '"7"' })))).to.equal('ERR_VERSION_REQUIRED');
      expect(codeOf(() => read(given({ 'if-match': '"7"', 'if-none-match': '*' })))).to.equal('ERR_VERSION_REQUIRED');
    }
    expect(codeOf(() => requiredVersion(given({ 'if-none-match': '*' })))).to.equal('ERR_VERSION_REQUIRED');
  });
});
