// The public exports of the package.
export type { Administration } from './directory/administration/administration.js';
export type { Audit, AuditListing } from './directory/administration/audit-trail.js';
export type { ChangeOptions, RenameOptions, UserChangeOptions } from './directory/administration/change-options.js';
export type {
  DeviceAdministration,
  DeviceFilters,
  DeviceListing,
} from './directory/administration/device-administration.js';
export type { PageOptions } from './directory/administration/listing.js';
export type {
  ListedMapping,
  MappingAdministration,
  MappingListing,
  MappingOptions,
  MappingPreview,
} from './directory/administration/mapping-administration.js';
export type { UserAdministration, UserFilters, UserListing } from './directory/administration/user-functions.js';
export type { Health, HealthProblem } from './directory/health/health.js';
export type { HostUser, HostUsers, NewHostUser } from './directory/resolution/host-users.js';
export type { WatchOptions } from './directory/resolution/principal-watch.js';
export type { MappingMatch } from './directory/resolution/role-mapping.js';
export type { CloseOptions } from './http/close-server.js';
export type { Explain, ExplainQuestion, ExplainStep, Explanation } from './http/explain-request.js';
export type { Http } from './http/http.js';
export { principalOf } from './http/request-principal.js';
export type { TokenFunctions } from './http/token-functions.js';
export type { GuardUpgrades, GuardUpgradesOptions, SessionMiddleware } from './http/upgrade-guard.js';
export type { AbsentGroups } from './identity/assertion.js';
export type { TextEncoding } from './identity/encodings.js';
export type { ExplainedHeader, ExplainedTarget } from './identity/explain-assertion.js';
export type {
  HeaderLogin,
  HeaderLoginOff,
  HeaderLoginOn,
  IdentityOptions,
  OutboundHeaders,
  PathOptions,
  UntrustedHeaders,
} from './identity/identify.js';
export type { HeaderNames, PresetName } from './identity/presets.js';
export type { ProxySecretOption } from './identity/proxy-secret.js';
export { type Latchkey, latchkey } from './latchkey.js';
export type { Metric, Metrics, MetricType, MetricValue } from './metrics/metrics.js';
export type {
  AdministrationOptions,
  LatchkeyOptions,
  QuickConnectOptions,
  ServerOptions,
  TokenOptions,
} from './options.js';
export type { AdminTexts } from './pages/browser/texts/admin-english.js';
export type { PageTexts } from './pages/browser/texts/english.js';
export type { PluralText } from './pages/browser/texts/plural-text.js';
export type { RefusalTexts } from './pages/browser/texts/refusal-english.js';
export type { PagesOptions } from './pages/pages.js';
export {
  adminTexts,
  type PageLanguage,
  pageTexts,
  refusalTexts,
  type ShippedLanguage,
} from './pages/texts/languages.js';
export type { LimitOptions } from './pairing/limits.js';
export type { CodeFormat } from './pairing/pairing-code.js';
export type { ApprovalPolicy } from './pairing/redeem.js';
export { memoryDirectory } from './stores/memory/memory-directory.js';
export { type MemoryStateOptions, memoryState } from './stores/memory/memory-state.js';
export { migrate } from './stores/migrate.js';
export { mysqlDirectory } from './stores/mysql/mysql-directory.js';
export type { MysqlConnection, MysqlPool, MysqlPromisePool, MysqlStatement } from './stores/mysql/pool-shapes.js';
export type { SqlConnection, SqlPool, SqlRunner } from './stores/postgres/pool.js';
export { postgresDirectory } from './stores/postgres/postgres-directory.js';
export { sqlDirectory } from './stores/postgres/sql-directory.js';
export type { RedisClient, RedisCluster, RedisListener } from './stores/redis/client-shapes.js';
export { type RedisStateOptions, redisState } from './stores/redis/redis-state.js';
export type { SqliteDatabase, SqliteStatement } from './stores/sqlite/database-shapes.js';
export { sqliteDirectory } from './stores/sqlite/sqlite-directory.js';
export type { TableOptions } from './stores/table-prefix.js';
export type { IntrospectionClient } from './tokens/introspection-clients.js';
export type { SigningKey } from './tokens/key-ring.js';
export { type ErrorCode, type ErrorDetails, LatchkeyError } from './vocabulary/errors.js';
export type { LatchkeyEvent, OnEvent } from './vocabulary/events.js';
export { groupMatches } from './vocabulary/group-pattern.js';
export {
  type Journal,
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
  type Positioned,
} from './vocabulary/journal.js';
export type {
  AuditFilters,
  AuditQuery,
  ChangeContext,
  CreateMode,
  DeviceAndOwner,
  DeviceQuery,
  DeviceSelection,
  DeviceUse,
  GroupSet,
  HostLink,
  NewDevice,
  NewMapping,
  NewUser,
  Provisioned,
  RoleHolders,
  UserAssertedAt,
  UserChange,
  UserChangeContext,
  UserQuery,
} from './vocabulary/port-values.js';
export type { Directory, SharedState, Subscriber, Unsubscribe } from './vocabulary/ports.js';
export type {
  Account,
  Actor,
  Assertion,
  AuditEntry,
  AuditValue,
  Clock,
  Device,
  DirectoryMapping,
  GroupRoles,
  LeftOutField,
  Mapping,
  Principal,
  PrincipalMethod,
  RoleMapping,
  User,
  UserRow,
} from './vocabulary/types.js';
export type {
  AuditAction,
  AuthMethod,
  ForeignTokens,
  HealthStatus,
  LocalAccounts,
  PairedBy,
  PairingStatus,
  Provisioning,
  SessionLogin,
  SessionMode,
  SubjectCase,
} from './vocabulary/words.js';
