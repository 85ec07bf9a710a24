// Group lists in every format.
import { expect } from 'chai';
import { type GroupFormat, groupLimit, parseGroups } from '../../src/identity/groups.js';
import { codeOf } from '../support/refusal.js';

const comma: GroupFormat = { separator: ',' };
const parse = (value: string, format: GroupFormat): readonly string[] => readings(value, format).groups;
const readings = (value: string, format: GroupFormat) =>
  parseGroups([Buffer.from(value).toString('latin1')], format, 'utf-8');

describe('separated groups', () => {
  it('form a sorted set, without surrounding spaces', () => {
    expect(parse('users, admins ,dev,users', comma)).to.deep.equal(['admins', 'dev', 'users']);
    expect(parse('b|a|c d', { separator: '|' })).to.deep.equal(['a', 'b', 'c d']);
    expect(parse('b; a;c', { separator: '; ' })).to.deep.equal(['a;c', 'b']);
    expect(parse('größe,Ärzte', comma)).to.deep.equal(['größe', 'Ärzte']);
    // The last byte of an à, read as a character by itself, is a space.
    expect(parse('voilà, déjà ,à', comma)).to.deep.equal(['déjà', 'voilà', 'à'].sort());
  });

  it('are none in an empty value and between two separators', () => {
    expect(parse('', comma)).to.deep.equal([]);
    expect(parse(' , ,,', comma)).to.deep.equal([]);
  });

  it('are not parts of a distinguished name', () => {
    expect(codeOf(() => parse('cn=admins,ou=groups,dc=example,dc=com', comma))).to.equal('ERR_GROUPS_FORMAT');
    expect(parse('cn=a,ou=b|cn=c,ou=b', { separator: '|' })).to.deep.equal(['cn=a,ou=b', 'cn=c,ou=b']);
    expect(parse('team=a,dcx=1', comma)).to.deep.equal(['dcx=1', 'team=a']);
  });
});

describe('percent-encoded groups', () => {
  it('are split after decoding when the list was encoded as a whole', () => {
    expect(parseGroups(['staff%2Cj%C3%B6rg%27s'], comma, 'percent').groups).to.deep.equal(["jörg's", 'staff']);
  });

  it('keep an encoded separator in a name when each was encoded by itself', () => {
    expect(parseGroups(['staff,x%2Cadmins'], comma, 'percent').groups).to.deep.equal(['staff', 'x,admins']);
    expect(parseGroups(['a,%ff'], comma, 'percent')).to.deep.equal({ groups: ['a'], code: 'ERR_HEADER_ENCODING' });
  });
});

describe('groups in repeated fields', () => {
  it('are one per field, commas included', () => {
    expect(parseGroups(['b', 'a, c', ' b ', ''], 'single', 'utf-8').groups).to.deep.equal(['a, c', 'b']);
  });

  it('are merged when each field is a list', () => {
    expect(parseGroups(['b,a', 'c,a'], comma, 'utf-8').groups).to.deep.equal(['a', 'b', 'c']);
  });
});

describe('groups as JSON', () => {
  it('are the strings of an array, whatever their characters', () => {
    expect(parse('["b","a,c","J\\u00f6rg"]', 'json')).to.deep.equal(['Jörg', 'a,c', 'b'].sort());
    expect(parse('[]', 'json')).to.deep.equal([]);
  });

  it('are refused in any other form', () => {
    for (const value of ['', 'a,b', '"a"', '{"a":1}', '["a"', '[1]', '[null]', '[["a"]]', '[""]', '["a"] x']) {
      expect(
        codeOf(() => parse(value, 'json')),
        value,
      ).to.equal('ERR_GROUPS_FORMAT');
    }
  });
});

describe('groups as distinguished names', () => {
  const admins = 'CN=Admins,OU=Groups,DC=example,DC=com';
  const users = 'CN=Users,DC=example,DC=com';

  it('end with their suffix', () => {
    expect(parse(admins, 'dn')).to.deep.equal([admins]);
    expect(parse(`${users},${admins}`, 'dn')).to.deep.equal([admins, users]);
    expect(parse(`${users}; ${admins}`, 'dn')).to.deep.equal([admins, users]);
    expect(parse('cn=a,o=Example,c=DE,cn=b,o=Example,c=DE', 'dn')).to.deep.equal([
      'cn=a,o=Example,c=DE',
      'cn=b,o=Example,c=DE',
    ]);
  });

  it('keep escaped and quoted separators', () => {
    const escaped = 'CN=Ops\\, Night\\; Shift,DC=example';
    const quoted = 'CN="Ops, Night",DC=example';
    expect(parse(`${escaped},${quoted}`, 'dn')).to.deep.equal([quoted, escaped]);
    expect(parse('CN=a\\ ,DC=x', 'dn')).to.deep.equal(['CN=a\\ ,DC=x']);
    expect(parse('CN = a , DC = x', 'dn')).to.deep.equal(['CN = a,DC = x']);
    expect(parse('', 'dn')).to.deep.equal([]);
  });

  it('are refused when it is ambiguous where they end', () => {
    for (const value of [
      'admins',
      'CN=a',
      'CN=a,CN=b',
      'DC=x',
      'CN=a,DC=x,admins',
      'CN=a;DC=x',
      'CN=a,DC=x;',
      ',',
      'CN=a,,DC=x',
    ]) {
      expect(
        codeOf(() => parse(value, 'dn')),
        value,
      ).to.equal('ERR_GROUPS_FORMAT');
    }
    for (const value of ['CN="a,DC=x', 'CN=a,DC=x\\', '=a,DC=x']) {
      expect(
        codeOf(() => parse(value, 'dn')),
        value,
      ).to.equal('ERR_GROUPS_FORMAT');
    }
  });
});

describe('group limits', () => {
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `g${index}`).join(',');

  it('apply to the whole set', () => {
    expect(parse(many(groupLimit), comma)).to.have.length(groupLimit);
    expect(codeOf(() => parse(many(groupLimit + 1), comma))).to.equal('ERR_GROUPS_TOO_MANY');
    expect(codeOf(() => parseGroups([many(groupLimit), 'one-more'], comma, 'utf-8'))).to.equal('ERR_GROUPS_TOO_MANY');
  });

  it('are checked in linear time, however many spaces a name contains', () => {
    const before = process.cpuUsage();
    const blanks = ' '.repeat(100_000);
    expect(readings(`CN=a${blanks}b,DC=x`, 'dn')).to.deep.equal({ groups: [], code: 'ERR_HEADER_TOO_LONG' });
    expect(parse(`CN=a\\ ${blanks},DC=x`, 'dn')).to.deep.equal(['CN=a\\ ,DC=x']);
    // CPU time of this process, so a busy machine does not matter. Quadratic time would be many seconds.
    expect(process.cpuUsage(before).user / 1_000_000).to.be.below(1.5);
  });

  it('count left-out groups, too', () => {
    const unusable = Array.from({ length: groupLimit + 1 }, (_, index) => `$g${index}`).join(',');
    expect(codeOf(() => parse(unusable, comma))).to.equal('ERR_GROUPS_TOO_MANY');
  });

  it('apply to each name', () => {
    expect(parse(`a,${'x'.repeat(512)}`, comma)).to.deep.equal(['a', 'x'.repeat(512)]);
    expect(parse(`a,${'\u{1f642}'.repeat(512)}`, comma)).to.have.length(2);
  });
});

describe('an unacceptable group', () => {
  it('is left out, with a code that gives the reason', () => {
    for (const [group, code] of [
      ['x'.repeat(513), 'ERR_HEADER_TOO_LONG'],
      ['__proto__', 'ERR_GROUP_NAME'],
      ['Jo\u0308rg', 'ERR_GROUP_NAME'],
      ['\u00a0b', 'ERR_GROUP_NAME'],
      ['a\tb', 'ERR_HEADER_CONTROL'],
      ['a\u202eb', 'ERR_HEADER_CONTROL'],
      ['a\u200bb', 'ERR_GROUP_NAME'],
      ['\u2800', 'ERR_GROUP_NAME'],
      ['null', 'ERR_HEADER_PLACEHOLDER'],
      ['$admins', 'ERR_HEADER_PLACEHOLDER'],
      ['=?utf-8?q?admins?=', 'ERR_HEADER_ENCODING'],
    ] as const) {
      for (const list of [`a,${group}`, `${group},a`, `a,${group},a`]) {
        expect(readings(list, comma), list).to.deep.equal({ groups: ['a'], code });
      }
      expect(readings(group, comma), group).to.deep.equal({ groups: [], code });
    }
  });

  it('is left out of a JSON list', () => {
    expect(readings('["a\\u0000","b","\\ud800"," b"]', 'json')).to.deep.equal({
      groups: ['b'],
      code: 'ERR_HEADER_CONTROL',
    });
    for (const value of ['null', '(null)', '{{ .Groups }}']) {
      expect(readings(value, 'json'), value).to.deep.equal({ groups: [], code: 'ERR_HEADER_PLACEHOLDER' });
    }
    expect(readings('["{{ .Group }}","users"]', 'json')).to.deep.equal({
      groups: ['users'],
      code: 'ERR_HEADER_PLACEHOLDER',
    });
  });

  it('is the only one that broken bytes affect, if bytes can be told apart', () => {
    expect(parseGroups(['a,\xf6,b'], comma, 'utf-8')).to.deep.equal({
      groups: ['a', 'b'],
      code: 'ERR_HEADER_ENCODING',
    });
    expect(parseGroups(['\xc0\xac,b'], comma, 'utf-8').groups).to.deep.equal(['b']);
    for (const [value, encoding] of [
      ['a%2C%ff', 'percent'],
      ['***', 'base64url'],
    ] as const) {
      expect(codeOf(() => parseGroups([value], comma, encoding))).to.equal('ERR_HEADER_ENCODING');
    }
    expect(codeOf(() => parseGroups(['["a","\xf6"]'], 'json', 'utf-8'))).to.equal('ERR_HEADER_ENCODING');
  });
});
