// Routes for administrators: the audit trail, page by page or as one file.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import type { AuditFilters } from '../../vocabulary/port-values.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import type { AuditResponse, WireAuditEntry } from '../../vocabulary/wire/admin-json.js';
import { auditActions } from '../../vocabulary/words.js';
import type { AdminEndpoint } from '../endpoint.js';
import { requiredPrincipal } from '../guards.js';
import { type Cursor, pageOf, type Query, queryOf } from '../query.js';
import type { HttpServices } from '../services.js';

const filters = ['actor', 'action', 'subject', 'group', 'device_id', 'since', 'until'];

const place: Cursor<Pick<AuditEntry, 'id'>> = {
  length: 1,
  textsOf: ({ id }) => [id],
  itemOf: ([id = '']) => ({ id }),
};

/** The number of characters to collect before sending them. */
const chunk = 65_536;

/** GET `admin/audit`. */
export function auditRoutes(
  add: AdminEndpoint,
  services: Pick<HttpServices, 'administration' | 'administratorRole' | 'watchPrincipal'>,
): void {
  const { administratorRole, watchPrincipal } = services;
  const { audit } = services.administration;

  /** Sends all entries that match the filters. Aborts the download if the user is no longer an administrator. */
  async function download(req: Request, res: Response): Promise<void> {
    const whole = filtersOf(queryOf(req, [...filters, 'format']));
    const refused = new AbortController();
    const refuse = (code: ErrorCode) => refused.abort(new LatchkeyError(code));
    const unwatch = watchPrincipal(requiredPrincipal(req), {
      onRefused: refuse,
      onRolesChanged: (roles) => {
        if (!roles.has(administratorRole)) refuse('ERR_ROLE_REQUIRED');
      },
    });
    try {
      const entries = audit.iterate(whole)[Symbol.asyncIterator]();
      // The first entry is read before the headers are sent, so that the response can still be an error if the
      // directory fails.
      const first = await entries.next();
      refused.signal.throwIfAborted();
      res.set('Content-Disposition', 'attachment; filename="audit.jsonl"').type('application/x-ndjson');
      if (req.method === 'HEAD') res.end();
      else await stream(res, lines(first, entries), refused.signal);
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
      const { items, next } = await pageOf(query, (after, limit) => audit.list({ ...chosen, after, limit }), place);
      res.json({ entries: items.map(entryJson), next } satisfies AuditResponse);
    },
  });
}

/** Yields the lines of all entries. Reads more entries only when the stream asks for more lines. */
async function* lines(
  first: IteratorResult<AuditEntry, unknown>,
  more: AsyncIterator<AuditEntry, unknown>,
): AsyncGenerator<string, void> {
  let text = '';
  for (let next = first; next.done !== true; next = await more.next()) {
    text += `${JSON.stringify(entryJson(next.value))}\n`;
    if (text.length < chunk) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/**
 * Sends the content. Resets the connection on an error or when the signal aborts, because a truncated file might look
 * complete.
 */
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
    // The connection is closed, so Latchkey cannot send an error to the client.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    throw error;
  }
}

/**
 * Resets the connection. The reset is needed because nginx uses HTTP/1.0 by default, where closing the connection ends
 * a response. Without the reset, nginx would forward a truncated response as if it were complete.
 */
function breakOff(res: Response): void {
  try {
    res.socket?.resetAndDestroy();
  } catch {
    // TLS sockets and unix sockets do not support `resetAndDestroy`.
  }
  res.destroy();
}

function filtersOf(query: Query): AuditFilters {
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
