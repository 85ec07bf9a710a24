// What each header field of a request is to us.
import { configError } from './config-error.js';
import type { HeaderPlan } from './presets.js';

/** What a header field is: one of the configured ones, something like one of them, `connection`, or of no interest. */
export type HeaderClass = 'other' | 'user' | 'groups' | 'name' | 'email' | 'secret' | 'alias' | 'connection';

/** The class of a header field by its name, in any case. */
export type Classify = (name: string) => HeaderClass;

// Clients choose the names, so both the number of remembered names and their length are bounded.
const rememberedNames = 1000;
const rememberedLength = 64;

/** Compiles the classification. Throws `ERR_CONFIG` where two configured names are aliases of each other. */
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

/** Whether a class belongs to what only the proxy may send. */
export function isIdentity(kind: HeaderClass): boolean {
  return kind !== 'other' && kind !== 'connection';
}

/** A name as CGI and its heirs see it, who take "-", "_", "." and more for one another (CVE-2015-0219). */
export function foldedName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
