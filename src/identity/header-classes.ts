// Classifies the header fields of a request.
import { configError } from './config-error.js';
import type { HeaderPlan } from './presets.js';

/** The class of a header field: a configured header, an alias of one, `connection`, or `other`. */
export type HeaderClass = 'other' | 'user' | 'groups' | 'name' | 'email' | 'secret' | 'alias' | 'connection';

/** Returns the class of a header field by its name, in any case. */
export type Classify = (name: string) => HeaderClass;

// Clients choose the names, so the number and the length of cached names are limited.
const rememberedNames = 1000;
const rememberedLength = 64;

/**
 * Compiles the classification.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when two configured names are aliases of each other.
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

/** Whether only the proxy may send a header of this class. */
export function isIdentity(kind: HeaderClass): boolean {
  return kind !== 'other' && kind !== 'connection';
}

/** A name as CGI and its successors see it: they confuse "-", "_", "." and more with one another (CVE-2015-0219). */
export function foldedName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
