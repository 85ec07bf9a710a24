// Judges a request in the modes that a test does not use: without header login, on a shared path, and with subjects in
// lower case.
import { expect } from 'chai';
import type { Identification } from '../../src/identity/assertion.js';
import {
  type Identifier,
  type IdentityOptions,
  type IdentityRequest,
  identifier,
} from '../../src/identity/identify.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

const mirror = '/mirror';
const mirrorSecret = { header: 'X-Mirror-Secret', values: ['the-secret-of-the-mirror'] } as const;

/**
 * Returns a check of requests. Without header login, no request has an assertion, and none is refused because of its
 * headers. On a shared path, a request gets the same answer as on a guarded one. With `subjectCase: 'lower'`, a request
 * gets the same answer as without, but for the case of the subject.
 */
export function otherModes(options: IdentityOptions): (request: IdentityRequest) => void {
  const { unguardedPaths } = options;
  const off = identifier({ headerLogin: false, unguardedPaths });
  if (options.headerLogin === false) return () => {};
  const { proxySecret = mirrorSecret } = options;
  const guarded = identifier({ ...options, proxySecret, unguardedPaths: undefined, sharedPaths: undefined });
  const shared = identifier({ ...options, proxySecret, unguardedPaths: undefined, sharedPaths: [mirror] });

  const exact = identifier({ ...options, subjectCase: 'exact' });
  const lower = identifier({ ...options, subjectCase: 'lower' });

  return (request) => {
    const ignored = answer(off, request);
    if (ignored !== 'ERR_TARGET_NOT_CANONICAL') expect(ignored).to.not.have.any.keys('assertion', 'leftOut', 'code');
    else expect(request.url).to.match(/[%;\\#]|\/\/|\/\.{1,2}(?:\/|$)/);

    const { assertion, ...other } = answered(answer(exact, request));
    const { assertion: lowered, ...same } = answered(answer(lower, request));
    // A subject that the option changes must also be valid afterwards.
    if (same.code !== 'ERR_SUBJECT_INVALID' || assertion === undefined) {
      expect(same).to.deep.equal(other);
      const subject = assertion?.subject.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()).normalize('NFC');
      expect(lowered).to.deep.equal(assertion && { ...assertion, subject });
    }

    if (!request.url.startsWith('/')) return;
    const proof = options.proxySecret === undefined ? [mirrorSecret.header, mirrorSecret.values[0]] : [];
    const moved = { ...request, url: mirror + request.url, rawHeaders: [...request.rawHeaders, ...proof] };
    const { shared: isShared, ...there } = answered(answer(shared, moved));
    // A path that leaves the shared ones again is refused at once, whatever its headers are.
    if (there.code === 'ERR_TARGET_NOT_CANONICAL') return;
    const { shared: _, ...here } = answered(answer(guarded, moved));
    expect(there).to.deep.equal(here);
    if (there.code === undefined) expect(isShared).to.equal(true);
  };
}

type Answered = Partial<Identification> & { readonly code?: string };

function answered(answer: Identification | string): Answered {
  return typeof answer === 'string' ? { code: answer } : answer;
}

function answer(judge: Identifier, request: IdentityRequest): Identification | string {
  try {
    return judge.identify(request);
  } catch (error) {
    if (error instanceof LatchkeyError) return error.code;
    throw error;
  }
}
