// http/routes: who did what to whom, for administrators: page by page, or all of it as a file.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Audit } from '../../directory/audit.js';
import { LatchkeyError } from '../../errors.js';
import type { AuditQuery } from '../../ports.js';
import { present } from '../../present.js';
import type { AuditAction, AuditEntry } from '../../types.js';
import type { AdminEndpoint } from '../endpoint.js';
import { pageOf, type Query, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';

type Filters = Omit<AuditQuery, 'after' | 'limit'>;

const filters = ['actor', 'action', 'subject', 'group', 'device_id', 'since', 'until'];

const actions: readonly AuditAction[] = [
  'user.created',
  'user.changed',
  'user.removed',
  'mapping.set',
  'mapping.removed',
  'device.paired',
  'device.renamed',
  'device.revoked',
];

/** How many entries of a file are read at once. */
const chunk = 1000;

/** GET `admin/audit`. */
export function auditRoutes(add: AdminEndpoint, { administration }: Pick<HttpServices, 'administration'>): void {
  const { audit } = administration;

  add('audit', {
    async get(req, res) {
      const query = queryOf(req, [...filters, 'limit', 'cursor', 'format']);
      if (query.word('format', ['jsonl']) !== undefined) {
        const whole = filtersOf(queryOf(req, [...filters, 'format']));
        const first = await audit.list({ ...whole, limit: chunk });
        res.set('Content-Disposition', 'attachment; filename="audit.jsonl"').type('application/x-ndjson');
        if (req.method === 'HEAD') res.end();
        else await stream(res, lines(audit, whole, first));
        return;
      }
      const chosen = filtersOf(query);
      const { items, next } = await pageOf(
        query,
        (after, limit) => audit.list({ ...chosen, ...(after === undefined ? {} : { after: entryIn(after) }), limit }),
        ({ id }) => [id],
      );
      res.json({ entries: items.map(entryJson), next });
    },
  });
}

/** The lines of all pages; the next one is asked for when those before it are on their way. */
async function* lines(
  audit: Pick<Audit, 'list'>,
  whole: Filters,
  first: readonly AuditEntry[],
): AsyncGenerator<string, void> {
  let page = first;
  for (;;) {
    if (page.length > 0) yield page.map((entry) => `${JSON.stringify(entryJson(entry))}\n`).join('');
    const last = page.at(-1);
    if (last === undefined || page.length < chunk) return;
    page = await audit.list({ ...whole, after: last.id, limit: chunk });
  }
}

/** What fails on the way breaks the connection off: a file that merely ended would look whole. */
async function stream(res: Response, content: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(content), res);
  } catch (error) {
    // Whoever asked has gone away, and there is nobody to tell.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    throw error;
  }
}

function filtersOf(query: Query): Filters {
  return present({
    actor: query.text('actor'),
    action: query.word('action', actions),
    subject: query.text('subject'),
    group: query.text('group', 512),
    deviceId: query.text('device_id', 64),
    since: query.instant('since'),
    until: query.instant('until'),
  });
}

function entryJson(entry: AuditEntry): Record<string, unknown> {
  const { id, at, actor, action, subject, group, deviceId, changes } = entry;
  return {
    id,
    at: at.toISOString(),
    actor: { subject: actor.subject ?? null, address: actor.address ?? null },
    action,
    subject: subject ?? null,
    group: group ?? null,
    device_id: deviceId ?? null,
    changes: Object.fromEntries(Object.entries(changes).map(([name, change]) => [snakeCase(name), change])),
  };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function entryIn([id = '', ...more]: readonly string[]): string {
  if (!/^\d{1,18}$/.test(id) || more.length > 0) throw new LatchkeyError('ERR_PAGE');
  return id;
}
