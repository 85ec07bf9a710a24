// The options of a host in the tests, and the proxy secret of a host with shared paths.
import type { IncomingMessage } from 'node:http';
import type { Express } from 'express';
import type { CookieOptions, Store } from 'express-session';
import type { HostUsers } from '../../src/directory/resolution/host-users.js';
import type { Http, HttpServices } from '../../src/http/http.js';
import type { DeviceServices, QuickConnectServices } from '../../src/http/services.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import type { SubjectCase } from '../../src/vocabulary/words.js';

export interface HostOptions {
  /** Services that replace those of the host, whatever group they belong to. */
  readonly services?: Partial<Omit<HttpServices, 'administration' | 'devices'>> &
    Partial<Omit<DeviceServices, 'quickConnect'>> &
    Partial<QuickConnectServices> & { readonly administration?: Partial<HttpServices['administration']> };
  readonly directory?: Directory;
  readonly state?: SharedState;
  /** `null`: the host has no session middleware. */
  readonly store?: Store | null;
  readonly saveUninitialized?: boolean;
  readonly resave?: boolean;
  /** The session cookie's options, for `express-session`. */
  readonly sessionCookie?: CookieOptions;
  /** Routes of the host, mounted after `authenticate`. */
  readonly routes?: (app: Express, auth: Http) => void;
  /** Middleware of the host, mounted before its session. */
  readonly first?: (app: Express) => void;
  /** Middleware of the host, mounted before `authenticate`. */
  readonly before?: (app: Express) => void;
  /** The proxy's address is not trusted, so every peer is untrusted. */
  readonly untrusted?: boolean;
  /** The host has no API tokens, and so no pairings either. */
  readonly withoutTokens?: boolean;
  /** Default `exact`. */
  readonly subjectCase?: SubjectCase;
  /** The host's own users. */
  readonly hostUsers?: HostUsers;
  /** Quick connect is off. */
  readonly withoutPairings?: boolean;
  /** Browsers and apps share all paths of the host but `/api`. Every assertion comes with the proxy secret. */
  readonly shared?: boolean;
  /** The host has no header login. */
  readonly withoutHeaderLogin?: boolean;
  /** The host does not run its session middleware on WebSocket handshakes. */
  readonly upgradeWithoutSession?: boolean;
}

/** The proxy secret of a host with shared paths. */
export const sharedSecret = { header: 'X-Proxy-Secret', values: ['the-secret-of-this-host'] } as const;
/** The paths that browsers and apps share. */
export const sharedPaths: readonly string[] = [
  '/auth',
  '/who',
  '/guarded',
  '/admins',
  '/note',
  '/data',
  '/profile',
  '/color',
  '/socket',
  '/both',
  '/row',
  '/own-link',
  '/behind',
  '/metadata',
];

/** A request with this header has identity headers of its client, so they come without the secret. */
export const forged = { 'X-Forged': 'yes' } as const;

/** Adds the proxy secret to a request with identity headers, as a proxy does after a login. */
export function addSecret({ rawHeaders }: IncomingMessage): void {
  if (rawHeaders.includes('X-Forged') || !rawHeaders.some((text, index) => index % 2 === 0 && /^remote-/i.test(text)))
    return;
  rawHeaders.push(sharedSecret.header, sharedSecret.values[0]);
}
