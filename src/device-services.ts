// Builds the services for paired devices and their tokens, which exist only with the option `tokens`.
import type { Administration } from './directory/administration/administration.js';
import { decideAdmission } from './directory/resolution/admission.js';
import type { Resolver } from './directory/resolution/resolve-principal.js';
import type { DeviceServices } from './http/services.js';
import type { Config } from './option-checks.js';
import type { QuickConnectOptions } from './options.js';
import { pairings } from './pairing/pairings.js';
import { apiTokens } from './tokens/api-token.js';
import { introspectionClients } from './tokens/introspection-clients.js';
import { keyRing } from './tokens/key-ring.js';
import { liveness } from './tokens/liveness.js';
import type { Account } from './vocabulary/types.js';

/** The services for paired devices, and the functions that end them. */
export interface ClosableDeviceServices extends DeviceServices {
  /** Ends the event streams of the pages, and refuses new ones, so that the host's server can close. */
  endStreams(): Promise<void>;
  /** Ends the event streams, and writes all pending uses of devices. */
  close(): Promise<void>;
}

/** Creates the services. Returns `undefined` if the option `tokens` is not set. */
export function deviceServices(
  config: Config,
  resolver: Resolver,
  administration: Administration,
): ClosableDeviceServices | undefined {
  const { directory, state, now, onEvent, provisioning } = config;
  if (config.tokens === undefined) return undefined;
  const { keys: signingKeys, introspection, foreignTokens = 'refuse', ...tokenOptions } = config.tokens;
  const keys = keyRing(signingKeys);
  const tokens = apiTokens({ ...tokenOptions, keys, now });
  const alive = liveness({ ...tokenOptions, directory, now, onEvent });

  async function findAdmitted(subject: string): Promise<Account | undefined> {
    const account = await resolver.find(subject);
    return decideAdmission(account, 'token', provisioning).admitted ? account : undefined;
  }

  function quickConnectServices({ verificationUri, verificationUriComplete, ...options }: QuickConnectOptions) {
    const lending = pairings({
      ...options,
      maximumDevices: tokenOptions.maximumDevices,
      state,
      directory,
      findAccount: findAdmitted,
      revokeDevice: administration.devices.revoke,
      keys,
      tokens,
      onEvent,
    });
    return { pairings: lending, verificationUri, verificationUriComplete };
  }
  const quickConnect = config.quickConnect && quickConnectServices(config.quickConnect);

  async function endStreams(): Promise<void> {
    await quickConnect?.pairings.close();
  }

  return {
    tokens,
    liveness: alive,
    foreignTokens,
    introspection: introspection && introspectionClients(introspection),
    quickConnect,
    endStreams,
    async close() {
      await Promise.all([alive.close(), endStreams()]);
    },
  };
}
