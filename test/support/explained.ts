// An identifier that checks each answer of `identify` against what `explain` says about the same request, and against
// what the same headers do without header login and on a shared path.
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
import { otherModes } from './other-modes.js';

/** `identifier`, with each of its answers compared with what `explain` says. */
export function explainedIdentifier(options: IdentityOptions): Identifier {
  const inner = identifier(options);
  const inOtherModes = otherModes(options);
  const encoding = typeof options.headers === 'object' ? options.headers.encoding : 'utf-8';
  return {
    ...inner,
    identify(request) {
      inOtherModes(request);
      const explainable = explainableRequest(request, encoding === 'latin-1');
      const explanation = explainable && inner.explain(explainable);
      const expected = explanation?.verdict;
      try {
        const identification = inner.identify(request);
        if (expected !== undefined) expect(expected).to.deep.equal(only(identification));
        return identification;
      } catch (error) {
        // A question may omit the proxy secret. `explain` then assumes the right one.
        const isAssumed =
          explanation?.proxySecret.assumed && error instanceof LatchkeyError && error.code === 'ERR_PROXY_SECRET';
        if (expected !== undefined && error instanceof LatchkeyError && !isAssumed) {
          expect(expected).to.deep.equal({ code: error.code });
        }
        throw error;
      }
    },
  };
}

/** The request as text. `undefined` if it has bytes that are not text, or a peer without an address. */
function explainableRequest(
  request: IdentityRequest,
  latin1: boolean,
): Parameters<Identifier['explain']>[0] | undefined {
  const { rawHeaders, url, socket } = request;
  const server: unknown = Reflect.get(socket, 'server');
  const peer = socket.remoteAddress ?? (isOnUnix(server) ? 'unix' : undefined);
  // `explain` does not know a lower field limit that the server itself sets.
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

function only({ unguarded: _, shared: __, ...asserted }: Identification): IdentityExplanation['verdict'] {
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
