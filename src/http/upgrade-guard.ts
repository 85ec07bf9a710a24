// Guards the `upgrade` listeners of a server, so that no listener sees a request that Latchkey refuses.
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PrincipalWatch } from '../directory/resolution/principal-watch.js';
import { configError, refuseUnknownKeys } from '../identity/config-error.js';
import { callSafely } from '../vocabulary/call-safely.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { EveryMember } from '../vocabulary/every-member.js';
import { limitedWarnings } from '../vocabulary/limited-warnings.js';
import type { Principal } from '../vocabulary/types.js';
import type { ForeignTokens } from '../vocabulary/words.js';
import { answerProblem, type ProblemReports } from './problem.js';
import { authResultOf } from './request-principal.js';

/** Middleware of the host that adds the session to the request, such as the middleware of express-session. */
export type SessionMiddleware = {
  // This is a method, so that middleware with Express' own types is also accepted.
  run(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): unknown;
}['run'];

/** The options of `guardUpgrades`. */
export interface GuardUpgradesOptions {
  /** The principal must have at least one of these roles. Default: all principals are accepted. */
  readonly roles?: readonly string[] | undefined;
  /**
   * The host's session middleware, which runs before the request is authenticated. Logins by session
   * (`session: 'login-only'`, `signIn`) need this middleware. Default: no session middleware runs.
   */
  readonly session?: SessionMiddleware | undefined;
  /**
   * With `pass`, requests with a bearer token of another issuer reach the listeners without a principal, and the
   * listeners must check the token. `pass` needs `tokens.foreignTokens: 'pass'`, and cannot be combined with `roles`.
   * Default `refuse`.
   */
  readonly foreignTokens?: ForeignTokens | undefined;
}

const members: EveryMember<GuardUpgradesOptions, true> = { roles: true, session: true, foreignTokens: true };

/** Guards a server. Returns the function that ends the guard. */
export type GuardUpgrades = (server: Server | HttpsServer, options?: GuardUpgradesOptions | undefined) => () => void;

/** Creates `guardUpgrades`. */
export function upgradeGuard(services: {
  readonly authenticateUpgrade: (req: IncomingMessage) => Promise<Principal | undefined>;
  readonly watchPrincipal: PrincipalWatch['watch'];
  /** The option `tokens.foreignTokens`. `undefined` if the option `tokens` is not set. */
  readonly foreignTokens: ForeignTokens | undefined;
  readonly reports: ProblemReports;
}): GuardUpgrades {
  const { authenticateUpgrade, watchPrincipal, reports } = services;
  const emitWarning = limitedWarnings('LATCHKEY_GUARD_UPGRADES');
  const warn = (reason: string): void => emitWarning(`guardUpgrades closed a connection: ${reason}`);

  /** Returns the principal, or `undefined` for a token of another issuer that `pass` accepts. */
  async function admitted(
    req: IncomingMessage,
    res: ServerResponse,
    { roles, session, foreignTokens }: GuardUpgradesOptions,
  ): Promise<Principal | undefined> {
    if (session !== undefined) await run(session, req, res);
    const principal = await authenticateUpgrade(req);
    if (principal === undefined) {
      if (foreignTokens === 'pass' && authResultOf(req).byToken) return undefined;
      throw new LatchkeyError('ERR_LOGIN_REQUIRED');
    }
    if (!hasAny(principal.roles, roles)) throw new LatchkeyError('ERR_ROLE_REQUIRED');
    return principal;
  }

  /** Closes the connection when the principal would be refused, or no longer has any of the required roles. */
  function watch(principal: Principal, socket: Duplex, { roles }: GuardUpgradesOptions): void {
    const unwatch = watchPrincipal(principal, {
      onRefused: () => socket.destroy(),
      onRolesChanged: (current) => {
        if (!hasAny(current, roles)) socket.destroy();
      },
    });
    socket.once('close', unwatch);
  }

  function refuse(error: unknown, socket: Duplex, req: IncomingMessage, res: ServerResponse): void {
    res.shouldKeepAlive = false;
    try {
      res.assignSocket(req.socket);
    } catch {
      // `assignSocket` throws if an earlier request on this connection is still being answered.
      socket.destroy();
      return;
    }
    // If unread data remained, the operating system would reset the connection, and the client might lose the response.
    socket.resume();
    res.once('finish', () => req.socket.destroySoon());
    if (answerProblem(error, res, reports)) return;
    warn(error instanceof Error ? error.message : 'not an Error');
    res.statusCode = 500;
    res.end();
  }

  return (server, options = {}) => {
    check(server, options, services.foreignTokens);
    const ownEmit = Object.hasOwn(server, 'emit');
    const { emit } = server;
    let active = true;

    async function guard(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
      // While the request is authenticated, no other code listens for errors of the socket. Incoming data stays in the
      // socket's buffer. This listener is never removed, so that a later error of the socket does not end the process
      // either.
      socket.on('error', () => {});
      const res = new ServerResponse(req);
      try {
        const principal = await admitted(req, res, options);
        if (socket.destroyed) return;
        if (principal !== undefined) watch(principal, socket, options);
      } catch (error) {
        if (!socket.destroyed) refuse(error, socket, req, res);
        return;
      }
      try {
        // If there is no listener, Node would also destroy the socket.
        if (!Reflect.apply(emit, server, ['upgrade', req, socket, head])) socket.destroy();
      } catch (error) {
        socket.destroy();
        warn(error instanceof Error ? error.message : 'not an Error');
      }
    }

    function guarded(event: string | symbol, ...values: unknown[]): boolean {
      const [req, socket, head] = values as [IncomingMessage, Duplex, Buffer];
      if (event !== 'upgrade' || !active) return Reflect.apply(emit, server, [event, ...values]);
      callSafely(() => guard(req, socket, head), warn);
      return true;
    }
    // The guard replaces `emit`, because `emit` calls all listeners, no matter when or how they were added.
    server.emit = guarded;

    return () => {
      active = false;
      // If other software has replaced `emit` in the meantime, it still calls `guarded`. `guarded` now only calls the
      // original `emit`.
      if (server.emit !== guarded) return;
      if (ownEmit) server.emit = emit;
      else Reflect.deleteProperty(server, 'emit');
    };
  };
}

function hasAny(roles: ReadonlySet<string>, required: readonly string[] | undefined): boolean {
  return required === undefined || required.some((role) => roles.has(role));
}

async function run(session: SessionMiddleware, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const error = await new Promise<unknown>((resolve, reject) => {
    callSafely(
      () => session(req, res, resolve),
      (reason) => reject(new Error(reason)),
    );
  }).catch((cause: unknown) => cause);
  if (error !== undefined && error !== null) {
    const detail = 'The session middleware of guardUpgrades failed: the session store is down.';
    throw new LatchkeyError('ERR_SESSION_UNAVAILABLE', { detail, cause: error });
  }
}

function check(server: unknown, options: unknown, ofTokens: ForeignTokens | undefined): void {
  // An Express app is also an event emitter, but it never emits `upgrade`, so a guard on an app would have no effect.
  if (!(server instanceof NetServer)) {
    throw configError(
      'guardUpgrades',
      "Node's http.Server or https.Server, such as that of app.listen()",
      typeof server,
    );
  }
  if (typeof options !== 'object' || options === null) {
    throw configError('guardUpgrades', '{ roles?, session?, foreignTokens? }', options);
  }
  refuseUnknownKeys('guardUpgrades', options, members);
  const { roles, session, foreignTokens }: { [Name in keyof GuardUpgradesOptions]?: unknown } = options;
  const isRole = (role: unknown) => typeof role === 'string' && role !== '';
  if (roles !== undefined && !(Array.isArray(roles) && roles.length > 0 && roles.every(isRole))) {
    throw configError('guardUpgrades.roles', "a list of roles such as ['admin']", roles);
  }
  if (session !== undefined && typeof session !== 'function') {
    throw configError('guardUpgrades.session', 'middleware such as session({ … }) of express-session', typeof session);
  }
  if (foreignTokens === undefined || foreignTokens === 'refuse') return;
  if (foreignTokens !== 'pass') throw configError('guardUpgrades.foreignTokens', "'refuse' or 'pass'", foreignTokens);
  if (ofTokens !== 'pass') {
    throw configError('guardUpgrades.foreignTokens', "'refuse', because tokens.foreignTokens is not 'pass'", 'pass');
  }
  if (roles !== undefined) {
    throw configError('guardUpgrades.foreignTokens', "'refuse' together with roles: a foreign token has none", 'pass');
  }
}
