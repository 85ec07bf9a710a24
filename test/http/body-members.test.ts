// The readers of body members, which take only the names in the type of the body.
import { expect } from 'chai';
import type { Request } from 'express';
import { type MemberNames, membersOf, onlyMembers } from '../../src/http/body-members.js';

interface Text {
  readonly name: string;
  readonly flag?: boolean | undefined;
}

type Body = Text | { readonly list: readonly string[] };

const rule = { max: 64 };
const withBody = (body: unknown) => ({ body }) as Request;

describe('the members of a body', () => {
  it('are read by a name of the type that the reader returns', () => {
    const members = membersOf<Body>(withBody({ name: ' a ', flag: true, list: ['b'], nam: 'c' }));
    expect(members.requiredText('name', rule)).to.equal('a');
    expect(members.optionalFlag('flag')).to.equal(true);
    expect(members.optionalTexts('list', rule)).to.deep.equal(['b']);
    expect(members.has('flag')).to.equal(true);
    // @ts-expect-error The body has no such member.
    expect(members.optionalText('nam', rule)).to.equal('c');
    // @ts-expect-error The member is no list.
    expect(() => members.optionalTexts('name', rule)).to.throw('The member name is invalid.');
  });

  it('are listed completely', () => {
    const names: MemberNames<Body> = { name: true, flag: true, list: true };
    expect(() => onlyMembers<Body>(withBody({ name: 'a', flag: true, list: [] }), names)).not.to.throw();
    // @ts-expect-error The member list is missing.
    const fewer: MemberNames<Body> = { name: true, flag: true };
    expect(() => onlyMembers<Body>(withBody({ list: [] }), fewer)).to.throw('Known members: name, flag.');
    // @ts-expect-error The body has no such member.
    const more: MemberNames<Body> = { name: true, flag: true, list: true, nam: true };
    expect(() => onlyMembers<Body>(withBody({ nam: 1 }), more)).not.to.throw();
  });
});
