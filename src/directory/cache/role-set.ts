// Creates the immutable sets of roles that requests share.

/** The maximum number of sets that are kept for further users. */
const keptSets = 10_000;

const kept = new Map<string, ReadonlySet<string>>();

/**
 * Returns the roles as an immutable set. Requests of the same user share a cached set. If a host could add a role to
 * the principal of one request, the other requests would get that role, too. `JSON.stringify` serializes the set as an
 * array.
 *
 * Users with the same roles, in the same order, share one set, because a set for each user would take more memory than
 * the rest of the user's cache entry.
 */
export function roleSet(roles: readonly string[]): ReadonlySet<string> {
  const key = JSON.stringify(roles);
  const known = kept.get(key);
  // A host can change a set with `Set.prototype.add.call`. Such a set must not reach further users.
  if (known?.size === roles.length) return known;
  if (kept.size >= keptSets) kept.clear();
  const set = Object.freeze(Object.defineProperties(new Set(roles), traits));
  kept.set(key, set);
  return set;
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
