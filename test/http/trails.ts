// http tests: audit trails that are long, or that delay their answers.
import type { AuditQuery } from '../../src/vocabulary/port-values.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { AuditEntry } from '../../src/vocabulary/types.js';

type Trail = Pick<Directory, 'listAudit'>;

/** A directory's list of this many entries, newest first. Records the queries. */
export function longTrail(count: number): Trail & { readonly asked: AuditQuery[] } {
  const asked: AuditQuery[] = [];
  return {
    asked,
    async listAudit(query) {
      asked.push(query);
      const from = query.after === undefined ? count : Number(query.after.id) - 1;
      return Array.from({ length: Math.max(0, Math.min(query.limit, from)) }, (_, index): AuditEntry => {
        const id = String(from - index);
        return { id, at: new Date(0), actor: {}, action: 'user.changed', subject: 'x'.repeat(200), changes: {} };
      });
    },
  };
}

/** Reads the first page from one directory, the others from another. */
export function firstThen(first: Trail, second: Trail): Trail {
  return { listAudit: (query) => (query.after === undefined ? first : second).listAudit(query) };
}

/** A directory that signals when it is queried, and answers when the test lets it. */
export function gate(): Trail & {
  readonly asked: Promise<void>;
  readonly open: (entries: readonly AuditEntry[]) => void;
  readonly fail: (error: Error) => void;
} {
  let begun = () => {};
  const asked = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let settle: Pick<ReturnType<typeof gate>, 'open' | 'fail'> = { open() {}, fail() {} };
  const entries = new Promise<readonly AuditEntry[]>((open, fail) => {
    settle = { open, fail };
  });
  return {
    asked,
    ...settle,
    listAudit() {
      begun();
      return entries;
    },
  };
}
