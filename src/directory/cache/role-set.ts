// Creates the immutable sets of roles that requests share.

/**
 * Returns the roles as an immutable set. Requests of the same user share a cached set. If a host could add a role to
 * the principal of one request, the other requests would get that role, too. `JSON.stringify` serializes the set as an
 * array.
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
