// Creates the immutable sets of roles that requests share.

/**
 * Returns the roles as an immutable set. The set is immutable because requests share cached accounts: if a host could
 * add a role to one request's principal, other requests with the same cache entry would get that role, too.
 * `JSON.stringify` writes the set as an array.
 */
export function roleSet(roles: Iterable<string>): ReadonlySet<string> {
  return Object.freeze(Object.defineProperties(new Set(roles), traits));
}

function refuse(): never {
  throw new TypeError("A principal's roles cannot be changed: use users.addRoles or a mapping.");
}

function toJson(this: ReadonlySet<string>): readonly string[] {
  return [...this];
}

const traits: PropertyDescriptorMap = {
  add: { value: refuse },
  delete: { value: refuse },
  clear: { value: refuse },
  toJSON: { value: toJson },
};
