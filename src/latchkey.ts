// Composition root: builds services, middleware and routers from the options. Only this file and device-services.ts
// import from every folder.
import type { RequestHandler, Router } from 'express';
import { deviceServices } from './device-services.js';
import { type Administration, administration } from './directory/administration/administration.js';
import { accountExplainer } from './directory/administration/explain-account.js';
import { systemClock } from './directory/cache/clock.js';
import { principalCache } from './directory/cache/principal-cache.js';
import { type Health, healthCheck } from './directory/health/health.js';
import { startChecks } from './directory/health/start-checks.js';
import { deviceRenewal } from './directory/resolution/device-renewal.js';
import { hostLinks } from './directory/resolution/host-links.js';
import { loginEnds } from './directory/resolution/login-ends.js';
import { principalWatch } from './directory/resolution/principal-watch.js';
import { resolver } from './directory/resolution/resolve-principal.js';
import { configuredDefaultRoles, configuredGroupRoles } from './directory/resolution/role-mapping.js';
import { type CloseOptions, checkCloseOptions } from './http/close-server.js';
import { type Explain, explainer } from './http/explain-request.js';
import { type Http, http } from './http/http.js';
import { configError } from './identity/config-error.js';
import { identifier, type OutboundHeaders } from './identity/identify.js';
import { type Metrics, metrics } from './metrics/metrics.js';
import { openTelemetry } from './metrics/open-telemetry.js';
import { openTelemetryApi } from './metrics/open-telemetry-api.js';
import { countingListener, telemetry } from './metrics/telemetry.js';
import { type Config, checkOptions } from './option-checks.js';
import type { LatchkeyOptions } from './options.js';
import type { AdminFeatures } from './pages/browser/admin/admin-features.js';
import { pages } from './pages/pages.js';
import { shutdown } from './shutdown.js';
import { memoryJournal } from './stores/memory/journal-list.js';
import { callSafely } from './vocabulary/call-safely.js';
import type { Journal } from './vocabulary/journal.js';
import type { Directory, SharedState } from './vocabulary/ports.js';
import { reportedPort } from './vocabulary/reported-port.js';
import { type PageName, pageNames } from './vocabulary/words.js';

/** A Latchkey instance: middleware and routers to mount, and functions to call. */
export interface Latchkey extends Omit<Http, 'tokenRouter' | 'authorizationServerMetadata'>, Administration {
  /**
   * The router for apps. Mount this router on an unguarded or shared path.
   * @throws {LatchkeyError} `ERR_CONFIG` when the option `tokens` is missing.
   *
   * @example
   * app.use('/api/auth', auth.tokenRouter); // with `unguardedPaths: ['/api']` or `sharedPaths: ['/api']`
   */
  readonly tokenRouter: Router;
  /**
   * Serves the metadata of `tokenRouter` (RFC 8414). Mount this handler at `/.well-known/oauth-authorization-server`,
   * followed by the issuer's path (§3.1). That path lies outside of `tokenRouter`.
   * @throws {LatchkeyError} `ERR_CONFIG` when the option `tokens` is missing.
   *
   * @example
   * // For the issuer https://music.example.com/api/auth
   * app.get('/.well-known/oauth-authorization-server/api/auth', auth.authorizationServerMetadata);
   */
  readonly authorizationServerMetadata: RequestHandler;
  /**
   * Explains how Latchkey would treat a request, and why. Changes nothing.
   *
   * @example
   * const { outcome, code, steps } = await auth.explain({ subject: 'bob' });
   * const asked = await auth.explain({ headers: [['Remote-User', 'bob']], peer: '10.0.0.7' });
   */
  readonly explain: Explain;
  /**
   * Checks whether the directory and the shared state answer. Costs at most one read of each per second, however often
   * you call this function. Resolves within about two seconds, and never rejects.
   *
   * @example
   * // Mount this route before `auth.authenticate`, because load balancers send no identity headers.
   * app.get('/healthz', async (_req, res) => {
   *   const { status } = await auth.health();
   *   res.status(status === 'unavailable' ? 503 : 200).json({ status });
   * });
   */
  health(): Promise<Health>;
  /**
   * The metrics of this instance: counters of requests, refusals, look-ups and events, the durations of changes, and
   * the current health. docs/metrics.md describes each metric, and shows how to export them to Prometheus. If the
   * package `@opentelemetry/api` is installed, Latchkey also exports the metrics to OpenTelemetry, together with spans.
   */
  readonly metrics: Metrics;
  /**
   * Returns a copy of request headers without the identity headers and the proxy secret. Use this function for requests
   * that the host forwards. If a forwarded request came back to the host with these headers, the host would trust it.
   *
   * @example
   * import { request } from 'node:http';
   * request('http://files.internal/', { headers: auth.stripIdentityHeaders(req.headers) }).end();
   */
  stripIdentityHeaders(headers: OutboundHeaders): OutboundHeaders;
  /**
   * Shuts Latchkey down: closes the host's `server` after all its requests are answered, writes what is pending, leaves
   * the journal, and closes Latchkey's own connections and timers. Afterwards, Latchkey starts no further work, so you
   * can close the Redis client and the pool. Takes at most some seconds longer than `graceSeconds`, even if the database
   * and Redis do not answer. Further calls wait for the same shutdown, and their options do not count. Never rejects
   * because of a dependency.
   *
   * @throws {LatchkeyError} `ERR_CONFIG` when an option is invalid.
   *
   * @example
   * process.once('SIGTERM', async () => {
   *   await auth.close({ server });
   *   await redis.quit();
   *   await pool.end();
   * });
   */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Creates a Latchkey instance. The instance opens no network connections other than those of `state`.
 * @throws {LatchkeyError} `ERR_CONFIG` when an option is missing, misspelled or out of range; the message says what was
 * expected.
 *
 * @example
 * import { latchkey, redisState, sqlDirectory } from 'latchkey';
 * const auth = latchkey({
 *   trustedProxies: ['10.0.0.7'],
 *   headers: 'authelia',
 *   directory: sqlDirectory(pool),
 *   state: redisState(redis),
 *   groupRoles: { admins: ['admin'] },
 * });
 */
export function latchkey(options: LatchkeyOptions): Latchkey {
  const config = checkOptions(options);
  const { now } = config;
  const api = openTelemetryApi(import.meta.url);
  const exporter = api && openTelemetry(api);
  const measured = telemetry(exporter);
  const onEvent = countingListener(measured, config.onEvent);
  config.state.listen?.(onEvent);
  const directory = reportedPort(config.directory, 'ERR_DIRECTORY_UNAVAILABLE', onEvent);
  const state = reportedPort(config.state, 'ERR_STATE_UNAVAILABLE', onEvent);
  const trust = identifier(config.identity);
  for (const warning of trust.warnings) process.emitWarning(warning, { code: 'LATCHKEY_TRUST' });

  const administrator = config.administration;
  const { subjectCase = 'exact' } = config.identity;
  const defaultRoles = configuredDefaultRoles(config.defaultRoles, administrator, config.provisioning);
  const configured = configuredGroupRoles(config.groupRoles, administrator, defaultRoles);
  const cache = principalCache({
    ...journalOf(config.directory, directory, state),
    state,
    // Latchkey must not use cache entries from before the option `subjectCase` was set. With such entries, it would not
    // search for other spellings of a subject.
    configuration: subjectCase === 'exact' ? configured.fingerprint : `${configured.fingerprint}-${subjectCase}`,
    outageToleranceSeconds: config.outageToleranceSeconds,
    onEvent,
    telemetry: measured,
  });
  const { provisioning } = config;
  const resolve = resolver({ directory, cache, configured, provisioning, subjectCase, onEvent, telemetry: measured });
  // The watch misses change notices that are sent before its creation, so it is created early.
  const watching = principalWatch({ resolver: resolve, cache, provisioning: config.provisioning, now });
  const administer = administration({ directory, cache, configured, administrator, subjectCase, now, onEvent });
  const devices = deviceServices({ ...config, directory, state, onEvent }, resolve, administer);
  const { hostUsers } = config;
  const links = hostUsers && hostLinks({ hostUsers, directory, cache, resolver: resolve, onEvent });
  const explain = explainer({
    identifier: trust,
    accounts: accountExplainer({ directory, configured, provisioning: config.provisioning, subjectCase, links }),
    // With `login-only`, a request to the route `login` explicitly asks to log in. So the route refuses an assertion
    // that names a local account, instead of ignoring it.
    localIsIgnored: config.localAccounts === 'ignore' && config.session !== 'login-only',
  });

  const served = http({
    identifier: trust,
    resolver: resolve,
    directory,
    administration: administer,
    configuredGroupRoles: configured,
    administratorRole: administrator.role,
    explain,
    watchPrincipal: watching.watch,
    renewal: deviceRenewal({ directory, cache, now, onEvent }),
    logins: loginEnds({ directory, cache, now }),
    hostLinks: links,
    provisioning: config.provisioning,
    localAccounts: config.localAccounts,
    session: config.session,
    devices,
    pages: pages(config.pages, enabledPages(config), adminFeatures(config)),
    loginUrl: config.loginUrl,
    logoutUrl: config.logoutUrl,
    origins: config.origins,
    openapi: config.openapi,
    onEvent,
    now,
    telemetry: measured,
  });

  // Without a journal of its own, each look-up needs the directory again after two seconds at most.
  const survivesOutage = () => config.directory.journal !== undefined && cache.relies();
  const health = healthCheck({ directory, state, survivesOutage, clock: systemClock });
  const read = metrics(measured.counts, measured.changes, {
    health,
    relies: cache.relies,
    memoryEntries: cache.size,
    watchedPrincipals: watching.size,
  });
  exporter?.export(read);
  const endChecks = startChecks({ ...config, clock: systemClock });
  const shutDown = shutdown({
    devices,
    stop() {
      endChecks();
      callSafely(
        () => exporter?.close(),
        (reason) => process.emitWarning(`OpenTelemetry threw an error: ${reason}`, { code: 'LATCHKEY_TELEMETRY' }),
      );
      watching.close();
    },
    cache,
    state,
    clock: systemClock,
    onEvent,
  });
  const auth = {
    ...served,
    ...administer,
    explain,
    health,
    metrics: read,
    get tokenRouter() {
      if (served.tokenRouter === undefined) throw configError('tokens', '{ keys, issuer } for tokenRouter', undefined);
      return served.tokenRouter;
    },
    get authorizationServerMetadata() {
      const { authorizationServerMetadata: metadata } = served;
      if (metadata === undefined) throw configError('tokens', '{ keys, issuer } for the metadata', undefined);
      return metadata;
    },
    stripIdentityHeaders: trust.stripIdentityHeaders,
    async close(closing: CloseOptions = {}) {
      checkCloseOptions(closing);
      await shutDown(closing);
    },
  };
  // Without the option `tokens`, these getters throw. They are not enumerable, so that spreading the object does not
  // call them.
  if (config.tokens === undefined) {
    Object.defineProperty(auth, 'tokenRouter', { enumerable: false });
    Object.defineProperty(auth, 'authorizationServerMetadata', { enumerable: false });
  }
  return auth;
}

const processJournals = new WeakMap<Directory, Journal>();

/**
 * Returns the directory's journal. If the directory has none and the shared state is for a single process, returns an
 * in-memory journal. All Latchkey instances in this process with the same directory share that journal.
 * @param given the directory that the host passed
 * @param directory the same directory, wrapped so that its failures are reported as events
 */
function journalOf(
  given: Directory,
  directory: Directory,
  { singleProcess }: SharedState,
): { readonly journal: Journal | undefined; readonly changesWriteRows: boolean } {
  if (directory.journal !== undefined) return { journal: directory.journal, changesWriteRows: true };
  if (!singleProcess) return { journal: undefined, changesWriteRows: false };
  const journal = processJournals.get(given) ?? memoryJournal(Date.now).verbs;
  processJournals.set(given, journal);
  return { journal, changesWriteRows: false };
}

function adminFeatures({ hostUsers, directory }: Config): AdminFeatures {
  return {
    links: hostUsers !== undefined,
    renames: directory.renameUser !== undefined && directory.mergeUsers !== undefined,
  };
}

function enabledPages({ quickConnect }: Config): readonly PageName[] {
  const enabled: Readonly<Record<PageName, boolean>> = {
    'quick-connect': quickConnect !== undefined,
    activate: quickConnect?.verificationUri !== undefined,
    admin: true,
  };
  return pageNames.filter((name) => enabled[name]);
}
