// Lists the fixed words for methods, modes, statuses and actions. The type of each word is derived from the list.

/** Returns whether a value is one of these words. */
export function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return words.some((word) => word === value);
}

/** Joins words for an error message, in the form `'a' or 'b'`. */
export function alternatives(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' or ');
}

/** All values of `AuthMethod`. */
export const authMethods = ['proxy', 'local'] as const;

/** What controls a user's row: the proxy's assertions (`proxy`), or the host application's own login (`local`). */
export type AuthMethod = (typeof authMethods)[number];

/** All values of `HealthStatus`. */
export const healthStatuses = ['ready', 'degraded', 'unavailable'] as const;

/**
 * Whether an instance can serve requests. `ready`: everything works. `degraded`: requests are answered, but something
 * does not work, such as pairing. `unavailable`: requests that need a user get 503.
 */
export type HealthStatus = (typeof healthStatuses)[number];

/** All values of `Provisioning`. */
export const provisioningModes = ['create', 'known-users', 'mapped-groups-only', 'pending'] as const;

/** What happens when the proxy asserts a subject that has no row yet. */
export type Provisioning = (typeof provisioningModes)[number];

/** All values of `LocalAccounts`. */
export const localAccountsModes = ['ignore', 'refuse'] as const;

/**
 * What happens to a request whose assertion names a local account: it continues without a login (`ignore`), or it is
 * refused (`refuse`).
 */
export type LocalAccounts = (typeof localAccountsModes)[number];

/** All values of `SubjectCase`. */
export const subjectCases = ['exact', 'lower'] as const;

/** How subjects are compared: exactly as they are (`exact`), or in lower case (`lower`). */
export type SubjectCase = (typeof subjectCases)[number];

/** All values of `SessionMode`. */
export const sessionModes = ['every-request', 'login-only', 'none'] as const;

/** How a login depends on the host's session. */
export type SessionMode = (typeof sessionModes)[number];

/** All values of `SessionLogin`. */
export const sessionLogins = ['login', 'sign-in'] as const;

/**
 * How the user of a session was logged in: at the `login` route (`login`), or by the host with `signIn` (`sign-in`).
 */
export type SessionLogin = (typeof sessionLogins)[number];

/** All values of `ForeignTokens`. */
export const foreignTokensModes = ['refuse', 'pass'] as const;

/**
 * What happens to a bearer token of another issuer: it is refused (`refuse`), or the request continues as not logged in
 * (`pass`).
 */
export type ForeignTokens = (typeof foreignTokensModes)[number];

/** All values of `PairedBy`. */
export const pairedByWords = ['code', 'qr', 'user-code'] as const;

/**
 * How a device was paired: with a typed code, with the secret in the QR code, or with a user code that the device
 * showed (RFC 8628).
 */
export type PairedBy = (typeof pairedByWords)[number];

/** The statuses in which a pairing can still lead to a token. */
export const underWayStatuses = ['open', 'claimed', 'approved'] as const;

/** The statuses of a pairing that has ended. */
export const endedStatuses = ['redeemed', 'denied', 'expired', 'burned', 'cancelled'] as const;

/** The status of a pairing. */
export type PairingStatus = (typeof underWayStatuses)[number] | (typeof endedStatuses)[number];

/** All values of `AuditAction`. */
export const auditActions = [
  'user.created',
  'user.changed',
  'user.deleted',
  'user.linked',
  'user.unlinked',
  'user.renamed',
  'user.merged',
  'mapping.set',
  'mapping.deleted',
  'device.paired',
  'device.renamed',
  'device.revoked',
] as const;

/** The kinds of changes in the audit trail. */
export type AuditAction = (typeof auditActions)[number];

/** All values of `PageName`. */
export const pageNames = ['quick-connect', 'activate', 'admin'] as const;

/** The name of a page: the last segment of its path. */
export type PageName = (typeof pageNames)[number];
