// Deep equality for tests: a member whose value is undefined equals an absent one, as in types (`?: T | undefined`).
import { config, util } from 'chai';

/** Lets chai treat an undefined member like an absent one, at every depth. */
export function ignoreUndefinedMembers(): void {
  config.deepEqual = equal;
}

function equal(one: unknown, other: unknown): boolean {
  return util.eql(one, other, { comparator: compare });
}

/** Returns `null` to leave the comparison to chai. */
function compare(one: unknown, other: unknown): boolean | null {
  if (!isPlain(one) || !isPlain(other)) return null;
  const [left, right] = [withoutUndefined(one), withoutUndefined(other)];
  return left === one && right === other ? null : equal(left, right);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function withoutUndefined(value: object): object {
  const entries = Object.entries(value);
  const present = entries.filter(([, member]) => member !== undefined);
  return present.length === entries.length ? value : Object.fromEntries(present);
}
