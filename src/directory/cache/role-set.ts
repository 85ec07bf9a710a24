// Roles as every request shares them.

/**
 * The roles as a set that nobody can change: cached accounts are shared, so a role that a host added to one request's
 * principal would be everybody's who comes by the same entry. As JSON it is a list.
 */
export function roleSet(roles: Iterable<string>): ReadonlySet<string> {
  return Object.freeze(Object.defineProperties(new Set(roles), traits));
}

function refuse(): never {
  throw new TypeError("A principal's roles cannot be changed: use users.grantRoles or a mapping.");
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
