// The immutable set of roles that requests share.

/**
 * Returns the roles as an immutable set. Cached accounts are shared: a role that a host added to one request's
 * principal would apply to every request that uses the same entry. As JSON, the set is an array.
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
