// Validates the options once at start and fills in the defaults. Each module validates its own values; this file
// validates the rest.
import { isRoleName } from './directory/administration/field-rules.js';
import { type AdministratorRole, defaultAdministrator } from './directory/resolution/role-mapping.js';
import type { SessionMode } from './http/services.js';
import { configError, refuseUnknownKeys } from './identity/config-error.js';
import { unguardedPaths } from './identity/request-target.js';
import type { LatchkeyOptions, QuickConnectOptions, TokenOptions } from './options.js';
import type { PagesOptions } from './pages/pages.js';
import { isSecureUrl } from './tokens/secure-url.js';
import { describeValue } from './vocabulary/describe-value.js';
import { eventListener } from './vocabulary/error-events.js';
import { LatchkeyError } from './vocabulary/errors.js';
import { directoryVerbs, journalVerbs, stateVerbs } from './vocabulary/port-verbs.js';
import type { Clock, OnEvent, Provisioning } from './vocabulary/types.js';

/** The options with their defaults filled in, frozen. */
export interface Config extends Omit<LatchkeyOptions, 'administration'> {
  readonly provisioning: Provisioning;
  readonly localAccounts: 'ignore' | 'refuse';
  readonly administration: AdministratorRole;
  readonly groupRoles: Readonly<Record<string, readonly string[]>>;
  readonly session: SessionMode;
  readonly origins: readonly string[];
  readonly onEvent: OnEvent;
  readonly now: Clock;
}

const optionNames: readonly (keyof LatchkeyOptions)[] = [
  'trustedProxies',
  'headers',
  'proxySecret',
  'absentGroups',
  'untrustedHeaders',
  'unguardedPaths',
  'subjectPattern',
  'directory',
  'state',
  'provisioning',
  'localAccounts',
  'administration',
  'groupRoles',
  'session',
  'tokens',
  'quickConnect',
  'outageToleranceSeconds',
  'pages',
  'logoutUrl',
  'origins',
  'onEvent',
  'now',
];
const tokenNames: readonly (keyof TokenOptions)[] = [
  'keys',
  'issuer',
  'audience',
  'lifetimeDays',
  'maximumDays',
  'idleDays',
  'maximumDevices',
  'suspendAfterDays',
  'introspection',
  'foreignTokens',
];
const quickConnectNames: readonly (keyof QuickConnectOptions)[] = [
  'appLink',
  'codeFormat',
  'approval',
  'verificationUri',
  'verificationUriComplete',
  'limits',
];

const maximumDays = 36_500;
const pagesNames: readonly (keyof PagesOptions)[] = ['languages', 'stylesheet'];

/**
 * Validates the options and fills in the defaults.
 * @throws {LatchkeyError} `ERR_CONFIG` when an option is invalid; the message names the given and the expected value.
 */
export function checkOptions(options: LatchkeyOptions): Config {
  if (!isObject(options)) throw configError('latchkey()', 'an object of options', typeof options);
  refuseUnknownKeys('latchkey()', options, optionNames);
  checkPort('directory', options.directory, directoryVerbs);
  if (options.directory.journal !== undefined) checkPort('directory.journal', options.directory.journal, journalVerbs);
  checkPort('state', options.state, stateVerbs);
  if (typeof options.state.singleProcess !== 'boolean') {
    throw configError(
      'state.singleProcess',
      'true or false (see src/vocabulary/ports.ts)',
      options.state.singleProcess,
    );
  }
  checkWord('provisioning', options.provisioning, ['create', 'known-users', 'mapped-groups-only', 'pending']);
  checkWord('localAccounts', options.localAccounts, ['ignore', 'refuse']);
  checkWord('session', options.session, ['every-request', 'login-only', 'none']);
  checkFunction('onEvent', options.onEvent);
  checkFunction('now', options.now);
  checkOutageTolerance(options.outageToleranceSeconds);
  checkLogoutUrl(options.logoutUrl);
  checkTokens(options);
  checkPages(options);
  return Object.freeze({
    ...options,
    provisioning: options.provisioning ?? 'create',
    localAccounts: options.localAccounts ?? 'ignore',
    administration: checkedAdministration(options.administration),
    groupRoles: options.groupRoles ?? {},
    session: options.session ?? 'every-request',
    origins: checkedOrigins(options.origins ?? []),
    onEvent: eventListener(options.onEvent, options.now ?? Date.now),
    now: options.now ?? Date.now,
  });
}

function checkedAdministration(given: unknown = {}): AdministratorRole {
  if (!isObject(given)) throw configError('administration', '{ role, allowWildcard }', given);
  refuseUnknownKeys('administration', given, ['role', 'allowWildcard']);
  const {
    role = defaultAdministrator.role,
    allowWildcard = defaultAdministrator.allowWildcard,
  }: {
    readonly [Name in keyof AdministratorRole]?: unknown;
  } = given;
  if (!isRoleName(role)) throw configError('administration.role', "a role's name, such as 'admin'", role);
  if (typeof allowWildcard !== 'boolean') {
    throw configError('administration.allowWildcard', 'true or false', allowWildcard);
  }
  return { role, allowWildcard };
}

function checkTokens(options: LatchkeyOptions): void {
  const { tokens, quickConnect } = options;
  if (tokens !== undefined) {
    if (!isObject(tokens)) throw configError('tokens', '{ keys, issuer, … }', typeof tokens);
    refuseUnknownKeys('tokens', tokens, tokenNames);
    checkWord('tokens.foreignTokens', tokens.foreignTokens, ['refuse', 'pass']);
    checkDays('tokens.idleDays', tokens.idleDays);
    checkDays('tokens.suspendAfterDays', tokens.suspendAfterDays);
    const { maximumDevices } = tokens;
    if (maximumDevices !== undefined && !(Number.isSafeInteger(maximumDevices) && maximumDevices >= 1)) {
      throw configError('tokens.maximumDevices', 'a whole number, at least 1', maximumDevices);
    }
    if ((options.unguardedPaths ?? []).length === 0) {
      throw configError(
        'unguardedPaths',
        "paths such as ['/api'], because Latchkey accepts tokens only there",
        options.unguardedPaths,
      );
    }
    checkIssuer(tokens.issuer, options.unguardedPaths);
  }
  if (quickConnect !== undefined) {
    if (!isObject(quickConnect)) throw configError('quickConnect', '{ appLink, … }', quickConnect);
    refuseUnknownKeys('quickConnect', quickConnect, quickConnectNames);
    if (tokens === undefined)
      throw configError('tokens', '{ keys, issuer }, because quickConnect issues tokens', tokens);
    checkVerificationUri(quickConnect);
  }
}

/** Apps reach `tokenRouter` at the issuer's URL, so the path of that URL must be unguarded. */
function checkIssuer(issuer: unknown, paths: unknown): void {
  // The modules that own these options report an invalid issuer and invalid paths.
  if (!isSecureUrl(issuer)) return;
  const isUnguarded = unguardedPaths(paths);
  const { pathname } = new URL(issuer);
  // A proxy may strip a prefix, such as /music in https://example.com/music/api/auth, before this server sees the path.
  const beginnings = [...pathname.matchAll(/\//g)].map(({ index }) => pathname.slice(index));
  if (!beginnings.some(isUnguarded)) {
    throw configError('tokens.issuer', "the URL of tokenRouter, with a path that 'unguardedPaths' contains", issuer);
  }
}

function checkVerificationUri({ verificationUri, verificationUriComplete }: QuickConnectOptions): void {
  if (verificationUri !== undefined && (!isSecureUrl(verificationUri) || verificationUri.includes('#'))) {
    const expected = 'an https address without a fragment, such as https://music.example.com/auth/activate';
    throw configError('quickConnect.verificationUri', expected, verificationUri);
  }
  if (verificationUriComplete === undefined) return;
  if (typeof verificationUriComplete !== 'boolean' || verificationUri === undefined) {
    const expected = 'true or false, together with verificationUri';
    throw configError('quickConnect.verificationUriComplete', expected, verificationUriComplete);
  }
}

// Uses and logins are written in batches and cached for minutes, so limits below a day could not be enforced.
function checkDays(name: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && value >= 1 && value <= maximumDays)) {
    throw configError(name, `a number of days from 1 to ${maximumDays}`, value);
  }
}

function checkOutageTolerance(seconds: unknown): void {
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds >= 0.05 && seconds <= 60)) {
    throw configError('outageToleranceSeconds', 'a number of seconds from 0.05 to 60', seconds);
  }
}

function checkPages({ pages }: LatchkeyOptions): void {
  if (pages === undefined) return;
  if (!isObject(pages)) throw configError('pages', '{ languages, stylesheet }', pages);
  refuseUnknownKeys('pages', pages, pagesNames);
}

function checkLogoutUrl(value: unknown): void {
  if (value === undefined) return;
  const expected = 'an https address (http for localhost) or a path that begins with one slash';
  if (typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value)) return;
  if (!isSecureUrl(value)) throw configError('logoutUrl', expected, value);
}

function checkedOrigins(value: unknown): readonly string[] {
  const expected = "a list of origins such as 'https://app.example.com'";
  if (!Array.isArray(value)) throw configError('origins', expected, value);
  return value.map((entry: unknown) => {
    const url = parsed('origins', entry, expected);
    if (!/^https?:$/.test(url.protocol) || url.origin !== entry) throw configError('origins', expected, entry);
    return url.origin;
  });
}

function checkPort(name: string, value: unknown, verbs: readonly string[]): void {
  const missing = verbs.filter((verb) => !isObject(value) || typeof Reflect.get(value, verb) !== 'function');
  if (missing.length === 0) return;
  const directories = 'sqliteDirectory(database), postgresDirectory(pool), mysqlDirectory(pool) or memoryDirectory()';
  const made = name === 'state' ? 'redisState(redis) or memoryState()' : directories;
  const detail = `${name}: expected ${made}, or an object with every method of the port (src/vocabulary/ports.ts), saw ${describeValue(value)}.`;
  throw new LatchkeyError('ERR_CONFIG', { detail: `${detail} Missing: ${missing.join(', ')}.` });
}

function checkWord(name: string, value: unknown, words: readonly string[]): void {
  if (value !== undefined && !words.some((word) => word === value))
    throw configError(name, words.map((word) => `'${word}'`).join(' or '), value);
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw configError(name, 'a function', value);
}

function parsed(name: string, value: unknown, expected: string): URL {
  if (typeof value !== 'string' || !URL.canParse(value)) throw configError(name, expected, value);
  return new URL(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
