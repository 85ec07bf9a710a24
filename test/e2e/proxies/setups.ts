// test/e2e: each configuration of docs/proxies.md, running: proxy, login server and app.
import type { PresetName } from '../../../src/index.js';
import { startCaddy } from '../../support/caddy.js';
import { startNginx } from '../../support/nginx.js';
import {
  caddyForAuthelia,
  nginxForAuthelia,
  nginxForOauth2Proxy,
  nginxForSharedPaths,
  type Places,
} from './documented.js';
import { type GuardedApp, startGuardedApp } from './guarded-app.js';
import { type LoginServerKind, portal, startLoginServer } from './login-server.js';

/** A documented configuration. */
export interface Setup {
  readonly name: string;
  readonly preset: PresetName;
  /** The headers of the preset: user, groups. */
  readonly user: string;
  readonly groups: string;
  readonly login: LoginServerKind;
  /** Browsers and apps share the API. */
  readonly shared?: boolean;
  /** Where `/auth/me` redirects a user who is not logged in. */
  readonly loginPage: (proxyPort: number) => string;
  readonly startProxy: (places: Omit<Places, 'listen'>) => Promise<{ readonly port: number; stop(): Promise<void> }>;
}

/** Every configuration on the page. */
export const setups: readonly Setup[] = [
  {
    name: 'nginx and oauth2-proxy',
    preset: 'oauth2-proxy-auth-request',
    user: 'X-Auth-Request-User',
    groups: 'X-Auth-Request-Groups',
    login: 'oauth2-proxy',
    loginPage: (port) => `http://127.0.0.1:${port}/oauth2/sign_in?rd=/auth/me`,
    startProxy: (places) => startNginx((listen) => nginxForOauth2Proxy({ ...places, listen })),
  },
  {
    name: 'nginx and Authelia',
    preset: 'authelia',
    user: 'Remote-User',
    groups: 'Remote-Groups',
    login: 'authelia-auth-request',
    loginPage: () => portal,
    startProxy: (places) => startNginx((listen) => nginxForAuthelia({ ...places, listen })),
  },
  {
    name: 'Caddy and Authelia',
    preset: 'authelia',
    user: 'Remote-User',
    groups: 'Remote-Groups',
    login: 'authelia-forward-auth',
    loginPage: () => portal,
    startProxy: (places) => startCaddy((listen) => caddyForAuthelia({ ...places, listen })),
  },
];

/** The configuration for paths that browsers and apps share. */
export const sharedSetup: Setup = {
  name: 'nginx and oauth2-proxy, shared paths',
  preset: 'oauth2-proxy-auth-request',
  user: 'X-Auth-Request-User',
  groups: 'X-Auth-Request-Groups',
  login: 'oauth2-proxy',
  shared: true,
  loginPage: (port) => `http://127.0.0.1:${port}/oauth2/sign_in?rd=/auth/me`,
  startProxy: (places) => startNginx((listen) => nginxForSharedPaths({ ...places, listen })),
};

/** A running configuration. */
export interface Running {
  /** The proxy's port. */
  readonly port: number;
  readonly app: GuardedApp;
  stop(): Promise<void>;
}

/** Starts all three. `omitEmpty`: see `startLoginServer`. */
export async function run(setup: Setup, omitEmpty?: boolean): Promise<Running> {
  const app = await startGuardedApp(setup.preset, setup.shared);
  const login = await startLoginServer(setup.login, omitEmpty);
  const stopServers = () => Promise.all([app.stop(), login.stop()]);
  try {
    const proxy = await setup.startProxy({
      app: `127.0.0.1:${app.port}`,
      login: `127.0.0.1:${login.port}`,
      secret: app.secret,
    });
    return {
      port: proxy.port,
      app,
      async stop() {
        await proxy.stop();
        await stopServers();
      },
    };
  } catch (error) {
    await stopServers();
    throw error;
  }
}
