// Checks options that depend on each other. option-checks.ts checks each option by itself.
import { checkLinking } from './host-users-check.js';
import { configError } from './identity/config-error.js';
import { type IdentityOptions, pathRulesOf } from './identity/identity-options.js';
import type { LatchkeyOptions } from './options.js';
import { isSecureUrl } from './tokens/secure-url.js';

/**
 * Checks options whose values depend on each other.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when an option needs another option that is missing, or when two options
 * contradict each other.
 */
export function checkTogether(options: LatchkeyOptions): void {
  const { tokens, quickConnect, session, unguardedPaths = [], sharedPaths = [] } = options;
  if (options.hostUsers !== undefined) checkLinking(options.directory);
  if (options.hostUsers?.current !== undefined && options.localAccounts === 'refuse' && session !== 'login-only') {
    const expected =
      "nothing together with localAccounts: 'refuse', which refuses every request on which a person could link two " +
      "accounts: use localAccounts: 'ignore' or session: 'login-only' (docs/host-users.md)";
    throw configError('hostUsers.current', expected, 'a function');
  }
  const { findSpellings, renameUser } = options.directory;
  if (options.subjectCase === 'lower' && (findSpellings === undefined || renameUser === undefined)) {
    const expected = "one with findSpellings and renameUser, because subjectCase: 'lower' needs them (docs/names.md)";
    throw configError('directory', expected, 'one without');
  }
  if (tokens !== undefined) {
    if (unguardedPaths.length === 0 && sharedPaths.length === 0) {
      const expected = "paths such as ['/api'], or sharedPaths, because Latchkey accepts tokens only there";
      throw configError('unguardedPaths', expected, options.unguardedPaths);
    }
    checkIssuer('tokens.issuer', tokens.issuer, options);
    const { formerIssuers = [] } = tokens;
    // If this option is not a list, the module that uses the option throws the error.
    const former: readonly unknown[] = Array.isArray(formerIssuers) ? formerIssuers : [];
    for (const issuer of former) checkIssuer('tokens.formerIssuers', issuer, options);
  }
  if (quickConnect === undefined) return;
  if (tokens === undefined) throw configError('tokens', '{ keys, issuer }, because quickConnect issues tokens', tokens);
  const { verificationUri, verificationUriComplete } = quickConnect;
  if (verificationUriComplete === undefined) return;
  if (typeof verificationUriComplete !== 'boolean' || verificationUri === undefined) {
    const expected = 'true or false, together with verificationUri';
    throw configError('quickConnect.verificationUriComplete', expected, verificationUriComplete);
  }
}

/** Apps reach `tokenRouter` at the issuer's URL, so the proxy must not guard the path of that URL. */
function checkIssuer(name: string, issuer: unknown, options: IdentityOptions): void {
  // If the issuer is not a valid URL, the module that uses this option throws the error.
  if (!isSecureUrl(issuer)) return;
  const { kindOf } = pathRulesOf(options);
  const { pathname } = new URL(issuer);
  // A proxy might remove the beginning of the path, such as /music in https://example.com/music/api/auth.
  const beginnings = [...pathname.matchAll(/\//g)].map(({ index }) => pathname.slice(index));
  if (!beginnings.some((path) => ['unguarded', 'shared'].includes(kindOf(path)))) {
    const expected = "the URL of tokenRouter, with a path that 'unguardedPaths' or 'sharedPaths' contains";
    throw configError(name, expected, issuer);
  }
}
