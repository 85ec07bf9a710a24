// Validates the options once at start and fills in the defaults. Each module validates its own values; this file
// validates the rest.
import { checkLink, checkOrigins, checkVerificationUri } from './address-checks.js';
import { isRoleName } from './directory/administration/field-rules.js';
import { type AdministratorRole, defaultAdministrator } from './directory/resolution/role-mapping.js';
import { checkHostUsers } from './host-users-check.js';
import { configError, refuseUnknownKeys } from './identity/config-error.js';
import { type IdentityOptions, isHeaderLoginOn } from './identity/identity-options.js';
import { checkTogether } from './option-combinations.js';
import type {
  AdministrationOptions,
  LatchkeyOptions,
  QuickConnectOptions,
  ServerOptions,
  TokenOptions,
} from './options.js';
import type { PagesOptions } from './pages/pages.js';
import { eventListener } from './vocabulary/error-events.js';
import type { OnEvent } from './vocabulary/events.js';
import type { EveryMember } from './vocabulary/every-member.js';
import { checkDirectory, checkState } from './vocabulary/port-verbs.js';
import type { Clock } from './vocabulary/types.js';
import {
  alternatives,
  foreignTokensModes,
  isOneOf,
  type LocalAccounts,
  localAccountsModes,
  type Provisioning,
  provisioningModes,
  type SessionMode,
  sessionModes,
} from './vocabulary/words.js';

/** The options with their defaults filled in. The object is frozen. */
export interface Config extends Omit<ServerOptions, 'administration'> {
  readonly identity: IdentityOptions;
  readonly provisioning: Provisioning;
  readonly localAccounts: LocalAccounts;
  readonly administration: AdministratorRole;
  readonly groupRoles: Readonly<Record<string, readonly string[]>>;
  readonly defaultRoles: readonly string[];
  readonly session: SessionMode;
  readonly origins: readonly string[];
  readonly onEvent: OnEvent;
  readonly now: Clock;
}

/** Throws if the value of an option is invalid. `name` is the path of the option, for the error message. */
type Check = (name: string, value: unknown) => void;

/** Checks nothing, because `checkTogether` or another module checks the option. */
const elsewhere: Check = () => {};

const maximumDays = 36_500;

const tokenChecks: EveryMember<TokenOptions, Check> = {
  keys: elsewhere,
  issuer: elsewhere,
  formerIssuers: elsewhere,
  audience: elsewhere,
  lifetimeDays: elsewhere,
  maximumDays: elsewhere,
  idleDays: checkDays,
  maximumDevices: checkDevices,
  suspendAfterDays: checkDays,
  introspection: elsewhere,
  foreignTokens: wordCheck(foreignTokensModes),
};

const quickConnectChecks: EveryMember<QuickConnectOptions, Check> = {
  appLink: elsewhere,
  codeFormat: elsewhere,
  approval: elsewhere,
  verificationUri: checkVerificationUri,
  verificationUriComplete: elsewhere,
  limits: elsewhere,
};

const administrationChecks: EveryMember<AdministrationOptions, Check> = {
  role: checkRole,
  allowWildcard: checkFlag,
};

const pagesChecks: EveryMember<PagesOptions, Check> = {
  languages: elsewhere,
  stylesheet: elsewhere,
  name: elsewhere,
  home: elsewhere,
  logo: elsewhere,
};

const checks: EveryMember<LatchkeyOptions, Check> = {
  headerLogin: elsewhere,
  trustedProxies: elsewhere,
  headers: elsewhere,
  proxySecret: elsewhere,
  absentGroups: elsewhere,
  untrustedHeaders: elsewhere,
  unguardedPaths: elsewhere,
  sharedPaths: elsewhere,
  subjectPattern: elsewhere,
  subjectCase: elsewhere,
  directory: checkDirectory,
  state: checkState,
  provisioning: wordCheck(provisioningModes),
  localAccounts: wordCheck(localAccountsModes),
  hostUsers: checkHostUsers,
  administration: memberCheck('{ role, allowWildcard }', administrationChecks),
  groupRoles: elsewhere,
  defaultRoles: elsewhere,
  session: wordCheck(sessionModes),
  // The error message shows only the type of the value, because the value could contain secrets.
  tokens: memberCheck('{ keys, issuer, … }', tokenChecks, (value) => typeof value),
  quickConnect: memberCheck('{ appLink, … }', quickConnectChecks),
  outageToleranceSeconds: checkOutageTolerance,
  pages: memberCheck('{ languages, stylesheet, name, home, logo }', pagesChecks),
  loginUrl: checkLink,
  logoutUrl: checkLink,
  origins: checkOrigins,
  openapi: checkFlag,
  onEvent: checkFunction,
  now: checkFunction,
};

/**
 * Validates the options and fills in the defaults.
 * @throws {LatchkeyError} `ERR_CONFIG` when an option is invalid; the message names the given and the expected value.
 */
export function checkOptions(options: LatchkeyOptions): Config {
  if (!isObject(options)) throw configError('latchkey()', 'an object of options', typeof options);
  checkMembers('latchkey()', options, checks, (name) => name);
  checkTogether(options);
  const { role = defaultAdministrator.role, allowWildcard = defaultAdministrator.allowWildcard } =
    options.administration ?? {};
  return Object.freeze({
    ...options,
    identity: options,
    provisioning: options.provisioning ?? 'create',
    localAccounts: options.localAccounts ?? 'ignore',
    administration: { role, allowWildcard },
    groupRoles: options.groupRoles ?? {},
    defaultRoles: options.defaultRoles ?? [],
    session: sessionMode(options),
    origins: [...(options.origins ?? [])],
    onEvent: eventListener(options.onEvent, options.now ?? Date.now),
    now: options.now ?? Date.now,
  });
}

/**
 * Without header login, no proxy logs users in. So `login-only` becomes `every-request`, and Latchkey no longer accepts
 * sessions that began with a login at the proxy.
 */
function sessionMode(options: LatchkeyOptions): SessionMode {
  const { session = 'every-request' } = options;
  return session === 'login-only' && !isHeaderLoginOn(options) ? 'every-request' : session;
}

/** Refuses unknown members, and checks each known member. */
function checkMembers(
  option: string,
  value: object,
  members: Readonly<Record<string, Check>>,
  pathOf = (name: string) => `${option}.${name}`,
): void {
  refuseUnknownKeys(option, value, members);
  for (const [name, check] of Object.entries(members)) check(pathOf(name), Reflect.get(value, name));
}

/**
 * Returns a check for an option whose value must be an object or absent. For any other value, the error message
 * contains the result of `shown`.
 */
function memberCheck(
  expected: string,
  members: Readonly<Record<string, Check>>,
  shown = (value: unknown): unknown => value,
): Check {
  return (name, value) => {
    if (value === undefined) return;
    if (!isObject(value)) throw configError(name, expected, shown(value));
    checkMembers(name, value, members);
  };
}

/** Returns a check for an option whose value must be one of `words` or absent. */
function wordCheck(words: readonly string[]): Check {
  return (name, value) => {
    if (value !== undefined && !isOneOf(words, value)) throw configError(name, alternatives(words), value);
  };
}

function checkRole(name: string, value: unknown): void {
  if (value !== undefined && !isRoleName(value)) throw configError(name, "a role's name, such as 'admin'", value);
}

function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw configError(name, 'true or false', value);
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw configError(name, 'a function', value);
}

// Latchkey records the latest use and the latest login with a delay, and caches may contain older times. So Latchkey
// could not enforce a limit of less than one day.
function checkDays(name: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && value >= 1 && value <= maximumDays)) {
    throw configError(name, `a number of days from 1 to ${maximumDays}`, value);
  }
}

function checkDevices(name: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1)) {
    throw configError(name, 'a whole number, at least 1', value);
  }
}

function checkOutageTolerance(name: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && value >= 0.05 && value <= 60)) {
    throw configError(name, 'a number of seconds from 0.05 to 60', value);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
