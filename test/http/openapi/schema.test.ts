// The compiler refuses a schema that differs from its wire type. Each marked line must not compile.
import { expect } from 'chai';
import {
  anyOf,
  constant,
  count,
  flag,
  listOf,
  nullable,
  objectOf,
  oneWordOf,
  optional,
  pairOf,
  type Schema,
  text,
} from '../../../src/http/openapi/schema.js';

interface Wire {
  readonly name: string;
  readonly size?: number | undefined;
  readonly note: string | null;
  readonly kind: 'one' | 'other';
}

const kind = oneWordOf(['one', 'other']);
const right = { name: text, size: optional(count), note: nullable(text), kind };

describe('a schema', () => {
  it('does not compile if it differs from its wire type', () => {
    objectOf<Wire>(right);
    // @ts-expect-error: a member is missing.
    objectOf<Wire>({ name: text, size: optional(count), note: nullable(text) });
    // @ts-expect-error: an optional member is missing.
    objectOf<Wire>({ name: text, note: nullable(text), kind });
    // @ts-expect-error: the wire type has no such member.
    objectOf<Wire>({ ...right, color: text });
    // @ts-expect-error: a member has another type.
    objectOf<Wire>({ ...right, name: count });
    // @ts-expect-error: a member must not be optional.
    objectOf<Wire>({ ...right, name: optional(text) });
    // @ts-expect-error: a member must be optional.
    objectOf<Wire>({ ...right, size: count });
    // @ts-expect-error: a member must allow null.
    objectOf<Wire>({ ...right, note: text });
    // @ts-expect-error: a member must not allow null.
    objectOf<Wire>({ ...right, name: nullable(text) });
    // @ts-expect-error: a word is missing.
    objectOf<Wire>({ ...right, kind: oneWordOf(['one']) });
    // @ts-expect-error: there is a word too many.
    objectOf<Wire>({ ...right, kind: oneWordOf(['one', 'other', 'third']) });
    // @ts-expect-error: any text is too much.
    objectOf<Wire>({ ...right, kind: text });
    // @ts-expect-error: an alternative is missing.
    const part: Schema<string | boolean> = anyOf(text);
    // @ts-expect-error: there is an alternative too many.
    const more: Schema<string> = anyOf(text, flag);
    // @ts-expect-error: the items have another type.
    const items: Schema<readonly string[]> = listOf(count);
    // @ts-expect-error: the constant is another one.
    const same: Schema<'one'> = constant('other');
    expect([part, more, items, same].map(({ json }) => typeof json)).to.deep.equal(Array(4).fill('object'));
  });

  it('is the JSON Schema of its type', () => {
    expect(objectOf<Wire>(right).json).to.deep.equal({
      type: 'object',
      properties: {
        name: { type: 'string' },
        size: { type: 'integer', minimum: 0 },
        note: { type: ['string', 'null'] },
        kind: { type: 'string', enum: ['one', 'other'] },
      },
      required: ['name', 'note', 'kind'],
    });
    expect(nullable(kind).json).to.deep.equal({ type: ['string', 'null'], enum: ['one', 'other', null] });
    expect(pairOf(text, flag).json).to.deep.equal({
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'boolean' }],
      minItems: 2,
      maxItems: 2,
    });
  });
});
