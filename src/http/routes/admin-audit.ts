// Routes for administrators: the audit trail, in pages or as one file.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Audit } from '../../directory/administration/audit-trail.js';
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import type { AuditQuery } from '../../vocabulary/port-values.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import type { AuditResponse, WireAuditEntry } from '../../vocabulary/wire/admin.js';
import { auditActions } from '../../vocabulary/words.js';
import type { AdminEndpoint } from '../endpoint.js';
import { requiredPrincipal } from '../guards.js';
import { pageOf, type Query, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';

type Filters = Omit<AuditQuery, 'after' | 'limit'>;

const filters = ['actor', 'action', 'subject', 'group', 'device_id', 'since', 'until'];

/** How many entries of a file are read at a time. */
const chunk = 1000;

/** GET `admin/audit`. */
export function auditRoutes(
  add: AdminEndpoint,
  services: Pick<HttpServices, 'administration' | 'administratorRole' | 'watchPrincipal'>,
): void {
  const { administratorRole, watchPrincipal } = services;
  const { audit } = services.administration;

  /** Sends all entries that match the filters. Ends the download when the reader is no longer an administrator. */
  async function download(req: Request, res: Response): Promise<void> {
    const whole = filtersOf(queryOf(req, [...filters, 'format']));
    const refused = new AbortController();
    const refuse = (code: ErrorCode) => refused.abort(new LatchkeyError(code));
    const unwatch = watchPrincipal(requiredPrincipal(req), refuse, (roles) => {
      if (!roles.has(administratorRole)) refuse('ERR_ROLE_REQUIRED');
    });
    try {
      const first = await audit.list({ ...whole, limit: chunk });
      refused.signal.throwIfAborted();
      res.set('Content-Disposition', 'attachment; filename="audit.jsonl"').type('application/x-ndjson');
      if (req.method === 'HEAD') res.end();
      else await stream(res, lines(audit, whole, first), refused.signal);
    } finally {
      unwatch();
    }
  }

  add('audit', {
    async get(req, res) {
      const query = queryOf(req, [...filters, 'limit', 'cursor', 'format']);
      if (query.word('format', ['jsonl']) !== undefined) {
        await download(req, res);
        return;
      }
      const chosen = filtersOf(query);
      const { items, next } = await pageOf(
        query,
        (after, limit) => audit.list({ ...chosen, after: after === undefined ? undefined : entryIn(after), limit }),
        ({ id }) => [id],
      );
      res.json({ entries: items.map(entryJson), next } satisfies AuditResponse);
    },
  });
}

/** The lines of all pages. Reads a page only when the previous one is on its way to the client. */
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

/** Sends the content. An error or the signal resets the connection, because a truncated file would look complete. */
async function stream(res: Response, content: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  async function* breakable(): AsyncGenerator<string, void> {
    try {
      yield* content;
    } catch (error) {
      breakOff(res);
      throw error;
    }
  }
  signal.addEventListener('abort', () => breakOff(res), { once: true });
  try {
    await pipeline(Readable.from(breakable()), res);
  } catch (error) {
    // The client is gone, or was disconnected, so there is no one to send an error to.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    throw error;
  }
}

/**
 * Resets the connection. An HTTP/1.0 response, which nginx requests by default, ends when its connection ends. So
 * without the reset, a proxy would pass a truncated response on as complete.
 */
function breakOff(res: Response): void {
  try {
    res.socket?.resetAndDestroy();
  } catch {
    // Not supported on TLS and unix sockets.
  }
  res.destroy();
}

function filtersOf(query: Query): Filters {
  return {
    actor: query.optionalText('actor'),
    action: query.word('action', auditActions),
    subject: query.optionalText('subject'),
    group: query.optionalText('group'),
    deviceId: query.optionalText('device_id', 64),
    since: query.instant('since'),
    until: query.instant('until'),
  };
}

function entryJson(entry: AuditEntry): WireAuditEntry {
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
