// Reads the members of request bodies. The types in vocabulary/wire/ define the members of each body.
import type { Request } from 'express';
import { LatchkeyError } from '../vocabulary/errors.js';
import { isQuestion, withoutPadding } from '../vocabulary/text-rules.js';
import type { MemberOf } from '../vocabulary/wire/unchecked.js';

/** A table of the names of all members of a body. The table does not compile if a name is missing or unknown. */
export type MemberNames<Body> = { readonly [Name in MemberOf<Body>]: true };

/** The names of the members with this type. */
type MembersOfType<Body, Type> = Body extends unknown
  ? { [Name in keyof Body]-?: NonNullable<Body[Name]> extends Type ? Name : never }[keyof Body] & string
  : never;

/** The rule for a text member. The text must also be a single line. */
export interface TextRule {
  /** The maximum length in characters. */
  readonly max: number;
}

/**
 * Reads the members of a body.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when a member is invalid. The error contains the name of the member, but
 * never its value.
 */
export interface Members<Body> {
  /**
   * Reads a required text member by the same rules as `optionalText`.
   *
   * @throws {LatchkeyError} `ERR_BODY_INVALID` when the member is missing or invalid.
   */
  requiredText(name: MembersOfType<Body, string>, rule: TextRule): string;
  /**
   * Reads an optional text member. Trims ASCII whitespace, and changes nothing else. Refuses empty text, and a member
   * that a form contains twice. Does not check whether the text is a valid name, because the services do this.
   */
  optionalText(name: MembersOfType<Body, string>, rule: TextRule): string | undefined;
  /** Reads an optional member that is `true` or `false`. */
  optionalFlag(name: MembersOfType<Body, boolean>): boolean | undefined;
  /** Reads an optional member that is a list of strings. Reads each string by the same rules as `optionalText`. */
  optionalTexts(name: MembersOfType<Body, readonly string[]>, rule: TextRule): readonly string[] | undefined;
  /** Reads an optional member that is a list of pairs of strings. Returns the strings unchanged. */
  optionalPairs(
    name: MembersOfType<Body, readonly (readonly [string, string])[]>,
  ): readonly (readonly [string, string])[] | undefined;
  /** Returns whether the body has this member with a value other than `null`. */
  has(name: MemberOf<Body>): boolean;
}

/**
 * Returns a reader for the body of a request. The type `Body` defines the members that the reader knows. The reader
 * ignores other members.
 */
export function membersOf<Body>(req: Request): Members<Body> {
  function optionalText(name: string, rule: TextRule): string | undefined {
    const value = member(req, name);
    return value === undefined ? undefined : acceptable(name, value, rule);
  }

  return {
    requiredText(name, rule) {
      const value = optionalText(name, rule);
      if (value === undefined) {
        throw new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is missing.` });
      }
      return value;
    },

    optionalText,

    optionalFlag(name) {
      const value = member(req, name);
      if (value === undefined || typeof value === 'boolean') return value;
      throw unacceptable(name);
    },

    optionalTexts(name, rule) {
      const value = member(req, name);
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) throw unacceptable(name);
      return value.map((each: unknown) => acceptable(name, each, rule));
    },

    optionalPairs(name) {
      const value = member(req, name);
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) throw unacceptable(name);
      return value.map((pair: unknown) => {
        const [first, second, ...more]: readonly unknown[] = Array.isArray(pair) ? pair : [];
        if (typeof first !== 'string' || typeof second !== 'string' || more.length > 0) throw unacceptable(name);
        return [first, second];
      });
    },

    has: (name) => member(req, name) !== undefined,
  };
}

/**
 * Refuses a body with members that are not in `names`. Otherwise a misspelled member would be ignored silently.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when the body has such a member.
 */
export function onlyMembers<Body>(req: Request, names: MemberNames<Body>): void {
  const unknown = Object.keys(bodyOf(req) ?? {}).some((name) => !Object.hasOwn(names, name));
  if (!unknown) return;
  const known = Object.keys(names).join(', ');
  const detail = known === '' ? 'This endpoint takes no members.' : `Known members: ${known}.`;
  throw new LatchkeyError('ERR_BODY_INVALID', { detail });
}

/**
 * Returns the body of a request, or `undefined` if the request has no body.
 *
 * @throws {LatchkeyError} `ERR_BODY_INVALID` when the body is not an object.
 */
export function bodyOf(req: Request): object | undefined {
  const body: unknown = req.body;
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body) || Buffer.isBuffer(body)) {
    throw new LatchkeyError('ERR_BODY_INVALID', { detail: 'The body must be an object.' });
  }
  return body;
}

function member(req: Request, name: string): unknown {
  const body = bodyOf(req);
  const value: unknown = body !== undefined && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
  return value ?? undefined;
}

function acceptable(name: string, value: unknown, { max }: TextRule): string {
  const trimmed = typeof value === 'string' ? withoutPadding(value, ' \t\r\n') : '';
  if (!isQuestion(trimmed, max)) throw unacceptable(name);
  return trimmed;
}

function unacceptable(name: string): LatchkeyError {
  return new LatchkeyError('ERR_BODY_INVALID', { detail: `The member ${name} is invalid.` });
}
