// The public names, nothing else.
export type { Administration } from './directory/administration.js';
export type { Audit } from './directory/audit.js';
export type { ChangeOptions, UserChangeOptions } from './directory/change.js';
export type { DeviceAdministration, DeviceListing } from './directory/device-administration.js';
export type {
  ListedMapping,
  MappingAdministration,
  MappingList,
  MappingOptions,
  MappingPreview,
} from './directory/mapping-administration.js';
export type { MappingMatch } from './directory/role-mapping.js';
export type { UserAdministration, UserListing } from './directory/user-administration.js';
export type {
  AuditQuery,
  ChangeContext,
  CreateMode,
  DeviceAndOwner,
  DeviceQuery,
  DeviceSelection,
  DeviceUse,
  GroupSet,
  NewDevice,
  NewMapping,
  NewUser,
  Provisioned,
  RoleHolders,
  UserAssertedAt,
  UserChange,
  UserChangeContext,
  UserQuery,
} from './directory-values.js';
export { type ErrorCode, type ErrorDetails, LatchkeyError } from './errors.js';
export type { Explain, ExplainQuestion, ExplainStep, Explanation } from './explain.js';
export { groupMatches } from './group-pattern.js';
export type { Http } from './http/http.js';
export { principalOf } from './http/principal.js';
export type { SessionMode } from './http/services.js';
export type { TextEncoding } from './identity/encodings.js';
export type { ExplainedHeader } from './identity/explain.js';
export type { IdentityOptions, OutboundHeaders } from './identity/identify.js';
export type { HeaderNames, PresetName } from './identity/presets.js';
export type { ProxySecretOption } from './identity/proxy-secret.js';
export {
  type Journal,
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
  type Positioned,
} from './journal.js';
export { type Latchkey, latchkey } from './latchkey.js';
export type { AdministrationOptions, LatchkeyOptions, QuickConnectOptions, TokenOptions } from './options.js';
export type { AdminTexts } from './pages/browser/admin-english.js';
export type { PageTexts } from './pages/browser/english.js';
export type { PluralText } from './pages/browser/plural-text.js';
export { adminTexts, type PageLanguage, pageTexts } from './pages/languages.js';
export type { PagesOptions } from './pages/pages.js';
export type { CodeFormat } from './pairing/code.js';
export type { LimitOptions } from './pairing/limits.js';
export type { ApprovalPolicy } from './pairing/redeem.js';
export type { Directory, SharedState, Subscriber, Unsubscribe } from './ports.js';
export type { Loose } from './present.js';
export { memoryDirectory } from './stores/memory-directory.js';
export { type MemoryStateOptions, memoryState } from './stores/memory-state.js';
export type { RedisClient, RedisCluster, RedisListener } from './stores/redis-client.js';
export { type RedisStateOptions, redisState } from './stores/redis-state.js';
export { sqlDirectory } from './stores/sql-directory.js';
export type { SqlConnection, SqlPool, SqlRunner } from './stores/sql-pool.js';
export { migrate } from './stores/sql-schema.js';
export type { IntrospectionClient } from './tokens/introspection-clients.js';
export type { SigningKey } from './tokens/key-ring.js';
export type {
  Account,
  Actor,
  Assertion,
  AuditAction,
  AuditEntry,
  AuditValue,
  AuthMethod,
  Clock,
  Device,
  DirectoryMapping,
  GroupRoles,
  LatchkeyEvent,
  LeftOutField,
  Mapping,
  OnEvent,
  PairedBy,
  PairingStatus,
  Principal,
  PrincipalMethod,
  Provisioning,
  RoleMapping,
  User,
  UserRow,
} from './types.js';
