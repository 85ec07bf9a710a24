// Reads the app's settings from the environment. Secrets have no defaults.

/** The settings of an instance of the demo app. */
export interface AppSettings {
  /** Where browsers and phones reach the proxy: `http://127.0.0.1:8080`. */
  readonly publicUrl: string;
  /** The address of the stand-in phone, where links in QR codes lead. */
  readonly phoneUrl: string;
  readonly trustedProxies: readonly string[];
  readonly proxySecret: string;
  readonly tokenSecret: string;
  readonly sessionSecret: string;
  readonly adminPassword: string;
  /** The name of this instance on the pages. */
  readonly instance: string;
}

/** The subject of the local administrator. */
export const adminSubject = 'root';

/** A required variable. */
export function required(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is missing.`);
  return value;
}

/** A port, or the default if the variable is missing. 0 means a free one. */
export function portFrom(environment: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^\d{1,5}$/u.test(text) || Number(text) > 65_535) throw new Error(`${name} is not a port: ${text}`);
  return Number(text);
}

/**
 * The app's settings from its environment.
 * @throws if a variable is missing; the message names the first one.
 */
export function appSettings(environment: NodeJS.ProcessEnv): AppSettings {
  return {
    publicUrl: required(environment, 'PUBLIC_URL'),
    phoneUrl: required(environment, 'PHONE_URL'),
    trustedProxies: required(environment, 'TRUSTED_PROXIES').split(','),
    proxySecret: required(environment, 'PROXY_SECRET'),
    tokenSecret: required(environment, 'TOKEN_SECRET'),
    sessionSecret: required(environment, 'SESSION_SECRET'),
    adminPassword: required(environment, 'ADMIN_PASSWORD'),
    instance: environment['INSTANCE'] ?? 'app',
  };
}
