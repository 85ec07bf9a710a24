// Classifies header fields by their names.
import { configError } from './config-error.js';
import type { HeaderPlan } from './presets.js';

/** The class of a header field. Some software confuses the name of an `alias` with the name of a configured header. */
export type HeaderClass = 'other' | 'user' | 'groups' | 'name' | 'email' | 'secret' | 'alias' | 'connection';

/** Returns the class of the header field with this name, which can be in upper or lower case. */
export type Classify = (name: string) => HeaderClass;

// Clients choose the names of header fields, so the number and the length of cached names are limited.
const rememberedNames = 1000;
const rememberedLength = 64;

/**
 * Compiles the function that classifies header fields.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when two configured names are equal or aliases of each other.
 */
export function headerClasses(plan: HeaderPlan, secretHeader: string | undefined): Classify {
  const configured: readonly (readonly [HeaderClass, string | undefined])[] = [
    ['user', plan.user],
    ['groups', plan.groups],
    ['name', plan.name],
    ['email', plan.email],
    ['secret', secretHeader],
  ];
  const exact = new Map<string, HeaderClass>([['connection', 'connection']]);
  const folded = new Set<string>();
  for (const [kind, name] of configured) {
    if (name === undefined) continue;
    const fold = foldedName(name);
    if (fold === '' || folded.has(fold)) {
      throw configError('headers', 'header names that differ in more than case and punctuation', name);
    }
    folded.add(fold);
    exact.set(name, kind);
  }

  const remembered = new Map<string, HeaderClass>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const kind = exact.get(name.toLowerCase()) ?? (folded.has(foldedName(name)) ? 'alias' : 'other');
    if (name.length <= rememberedLength) {
      if (remembered.size >= rememberedNames) remembered.clear();
      remembered.set(name, kind);
    }
    return kind;
  };
}

/** Returns whether only the proxy may send a header of this class. */
export function isIdentity(kind: HeaderClass): boolean {
  return kind !== 'other' && kind !== 'connection';
}

/**
 * Returns a name in lower case and without punctuation. CGI and its successors do not distinguish `-`, `_` and other
 * punctuation in header names (CVE-2015-0219).
 */
export function foldedName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
