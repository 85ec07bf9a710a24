// The requests and responses of the stand-in's API for administrators, and the rules that all its paths share.
import type { StandInMapping } from './admin-samples.js';

/** A request as the stand-in sees it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A response of the stand-in. */
export interface Answered {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The role of administrators. */
export const administrator = 'admin';

export function problem(status: number, title: string, code: string): Answered {
  return { status, body: { title, code } };
}

export function unknownName(query: URLSearchParams, names: readonly string[]): Answered | undefined {
  const known = [...query.keys()].every((name) => names.includes(name));
  return known ? undefined : problem(400, 'Invalid query parameters', 'ERR_QUERY');
}

export function refusedVersion(headers: Asked['headers'], version: number | undefined): Answered | undefined {
  const given = /^"(\d+)"$/.exec(String(headers['if-match'] ?? ''))?.[1];
  if (given === undefined)
    return problem(428, 'The change does not say which version it is for', 'ERR_VERSION_REQUIRED');
  return Number(given) === version ? undefined : problem(412, 'Somebody else changed it meanwhile', 'ERR_VERSION');
}

export function page(query: URLSearchParams, name: string, found: readonly unknown[]): Answered {
  const limit = Number(query.get('limit') ?? '100');
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    return problem(400, 'Invalid page limit or cursor', 'ERR_PAGE');
  const from = Number(query.get('cursor') ?? '0');
  const next = from + limit < found.length ? String(from + limit) : null;
  return { status: 200, body: { [name]: found.slice(from, from + limit), next } };
}

export function isRoleName(role: string): boolean {
  return /^[\p{L}\p{N}][\w.:/@-]*$/u.test(role);
}

export function rolesOf(groups: readonly string[], mappings: readonly StandInMapping[]): string[] {
  return sorted(
    mappings.filter(({ group }) => groups.some((name) => matches(group, name))).flatMap(({ roles }) => roles),
  );
}

export function matches(pattern: string, group: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(group);
}

export function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
