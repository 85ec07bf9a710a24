// Malformed values of ids, bodies, members, content types, tokens and cookies.
import { cookieFor } from './client.js';

/** Ids in a path or in a query. */
export const ids: readonly string[] = [
  '%00',
  '%E0%A4%A',
  '%',
  '%2e%2e',
  '..%2f',
  'a%20b',
  'x'.repeat(4000),
  '__proto__',
  'constructor',
  "'--",
  '1;DROP',
  '%F0%9F%8E%B5',
  'null',
  'undefined',
  '-1',
  '0',
  'NaN',
  '00000000-0000-0000-0000-000000000000',
  '%0d%0aX:y',
  '*',
  '(a+)+$',
];

/** Bodies of requests. */
export const bodies: readonly string[] = [
  '',
  ' ',
  '{',
  '}',
  '[]',
  '[1]',
  'null',
  'true',
  '1',
  '"x"',
  '{"name":}',
  '{"name":null}',
  '{"name":1}',
  '{"name":{}}',
  '{"name":[]}',
  '{"name":"\\u0000"}',
  '{"name":"\\ud800"}',
  '{"name":"\\u2028"}',
  '{"__proto__":{"name":"x"}}',
  '\u0000',
  '\ufeff{',
  'name=x',
  '<x/>',
  `{"name":"${'x'.repeat(500)}"}`,
  '['.repeat(4000),
  `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`,
];

/** Values of `Content-Type`. */
export const types: readonly string[] = [
  'application/json; charset=utf-16',
  'application/json; charset=latin-x',
  'application/json; charset',
  'APPLICATION/JSON',
  'application/json;',
  'application/json, text/plain',
  'text/json',
  '',
  'application/x-www-form-urlencoded; charset=utf-16',
  'x',
];

/** Bearer tokens. */
export const tokens: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  'a.b.c',
  'a.b',
  'x'.repeat(8000),
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJIUzI1NiJ9.e30.AAAA',
  'é',
  '"quoted"',
  'a,b',
  'null',
];

/** Values of `Cookie`. */
export const cookies: readonly string[] = [
  'connect.sid',
  'connect.sid=',
  'connect.sid=s%3A',
  'connect.sid=s%3Ax.y',
  'connect.sid=%E0%A4%A',
  '=',
  ';;;',
  'connect.sid=j%3A%7B%7D',
  cookieFor('__proto__'),
  cookieFor(''),
  cookieFor('no such session'),
  cookieFor('x'.repeat(3000)),
  `a=${'b'.repeat(5000)}`,
];

/** Values of a member in a JSON body. */
export const values: readonly unknown[] = [
  null,
  0,
  true,
  '',
  ' ',
  '\u0000',
  '\ud800',
  'x'.repeat(1000),
  [],
  {},
  ['x'],
  { toString: 'x' },
  '💥'.repeat(64),
];
