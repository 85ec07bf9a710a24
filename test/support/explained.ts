// An identifier that is asked everything twice, as a request and as a question, and must not differ.
import { expect } from 'chai';
import type { Identification } from '../../src/identity/assertion.js';
import type { IdentityExplanation } from '../../src/identity/explain-assertion.js';
import {
  type Identifier,
  type IdentityOptions,
  type IdentityRequest,
  identifier,
} from '../../src/identity/identify.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

/** `identifier`, each of whose answers is compared with what `explain` says. */
export function explainedIdentifier(options: IdentityOptions): Identifier {
  const inner = identifier(options);
  const encoding = typeof options.headers === 'string' ? 'utf-8' : options.headers.encoding;
  return {
    ...inner,
    identify(request) {
      const question = questionOf(request, encoding === 'latin-1');
      const explanation = question && inner.explain(question);
      const told = explanation?.verdict;
      try {
        const identification = inner.identify(request);
        if (told !== undefined) expect(told).to.deep.equal(only(identification));
        return identification;
      } catch (error) {
        // The one thing that a question may leave out.
        const left =
          explanation?.proxySecret.assumed && error instanceof LatchkeyError && error.code === 'ERR_PROXY_SECRET';
        if (told !== undefined && error instanceof LatchkeyError && !left) {
          expect(told).to.deep.equal({ code: error.code });
        }
        throw error;
      }
    },
  };
}

/** The request as text; `undefined` where it holds bytes that are none, or comes from a peer that has no address. */
function questionOf(request: IdentityRequest, latin1: boolean): Parameters<Identifier['explain']>[0] | undefined {
  const { rawHeaders, url, socket } = request;
  const server: unknown = Reflect.get(socket, 'server');
  const peer = socket.remoteAddress ?? (isOnUnix(server) ? 'unix' : undefined);
  // A lower limit of the server's own is not told to anybody who merely asks.
  if (peer === undefined || maximumOf(server) > 0) return undefined;
  const fields: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const wire = rawHeaders[at + 1] ?? '';
    const text = latin1 ? wire : Buffer.from(wire, 'latin1').toString();
    if (!latin1 && Buffer.from(text).toString('latin1') !== wire) return undefined;
    fields.push([rawHeaders[at] ?? '', text]);
  }
  return { headers: fields, peer, target: url };
}

function only({ unguarded: _, ...asserted }: Identification): IdentityExplanation['verdict'] {
  return asserted;
}

function isOnUnix(server: unknown): boolean {
  return hasAddress(server) && typeof server.address() === 'string';
}

function hasAddress(server: unknown): server is { address(): unknown } {
  return typeof server === 'object' && server !== null && 'address' in server && typeof server.address === 'function';
}

function maximumOf(server: unknown): number {
  const known = typeof server === 'object' && server !== null ? Reflect.get(server, 'maxHeadersCount') : undefined;
  return typeof known === 'number' ? known : 0;
}
