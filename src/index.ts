// The public names, nothing else.
export { type ErrorCode, type ErrorDetails, LatchkeyError } from './errors.js';
export { principalOf } from './http/principal.js';
export type { SessionMode } from './http/services.js';
export type { HeaderNames, PresetName } from './identity/presets.js';
export { type Latchkey, latchkey } from './latchkey.js';
export type { LatchkeyOptions, QuickConnectOptions, TokenOptions } from './options.js';
export type { AdminTexts } from './pages/browser/admin-english.js';
export type { PageTexts, PluralText } from './pages/browser/english.js';
export { adminTexts, type PageLanguage, pageTexts } from './pages/languages.js';
export type { PagesOptions } from './pages/pages.js';
export type {
  CreateMode,
  DeviceSelection,
  DeviceUse,
  Directory,
  NewDevice,
  NewUser,
  Provisioned,
  SharedState,
  Unwatch,
  UserAssertedAt,
  UserChange,
  Watcher,
} from './ports.js';
export { memoryDirectory } from './stores/memory-directory.js';
export { memoryState } from './stores/memory-state.js';
export { type RedisStateOptions, redisState } from './stores/redis-state.js';
export { sqlDirectory } from './stores/sql-directory.js';
export type { SqlPool } from './stores/sql-pool.js';
export { migrate } from './stores/sql-schema.js';
export type { IntrospectionClient } from './tokens/introspection-clients.js';
export type { SigningKey } from './tokens/key-ring.js';
export type {
  Account,
  Assertion,
  AuthMethod,
  Clock,
  Device,
  GroupRoles,
  LatchkeyEvent,
  OnEvent,
  PairedBy,
  PairingStatus,
  Principal,
  PrincipalMethod,
  Provisioning,
  RoleMapping,
  User,
} from './types.js';
