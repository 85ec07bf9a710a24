// The product that the model runs: the built one, or a copy with one rule removed.
import type { Administration, AdministrationOptions } from '../../../../src/directory/administration/administration.js';
import type { CacheClock } from '../../../../src/directory/cache/clock.js';
import type { PrincipalCache, PrincipalCacheOptions } from '../../../../src/directory/cache/principal-cache.js';
import type { DeviceRenewal, deviceRenewal } from '../../../../src/directory/resolution/device-renewal.js';
import type { LoginEnds, loginEnds } from '../../../../src/directory/resolution/login-ends.js';
import type { Resolver, ResolverOptions } from '../../../../src/directory/resolution/resolve-principal.js';
import type { ConfiguredGroupRoles } from '../../../../src/directory/resolution/role-mapping.js';
import { LatchkeyError } from '../../../../src/vocabulary/errors.js';
import type { Directory, SharedState } from '../../../../src/vocabulary/ports.js';

/** The parts of one process. */
export interface Parts {
  readonly cache: PrincipalCache;
  readonly resolver: Resolver;
  /** A resolver that cannot read anything: it answers from memory or rejects. */
  readonly witness: Resolver;
  readonly administration: Administration;
  readonly renewal: DeviceRenewal;
  readonly logins: LoginEnds;
}

/** The code under test. */
export interface Product {
  assemble(options: {
    readonly directory: Directory;
    readonly state: SharedState;
    readonly clock: CacheClock;
    readonly groupRoles: Readonly<Record<string, readonly string[]>>;
    readonly outageToleranceSeconds: number;
    /** The journal of the caches. Default: the directory's own. */
    readonly journal?: Pick<PrincipalCacheOptions, 'journal' | 'changesWriteRows'> | undefined;
  }): Parts;
}

/** The modules that make up a product. */
interface Modules {
  readonly principalCache: (options: PrincipalCacheOptions) => PrincipalCache;
  readonly resolver: (options: ResolverOptions) => Resolver;
  readonly administration: (options: AdministrationOptions) => Administration;
  readonly deviceRenewal: typeof deviceRenewal;
  readonly loginEnds: typeof loginEnds;
  readonly configuredGroupRoles: (groupRoles: Readonly<Record<string, readonly string[]>>) => ConfiguredGroupRoles;
}

const shipped = new URL('../../../../src/directory/', import.meta.url);

/** Loads the product of this folder. Default: the built one. */
export async function productIn(folder: URL = shipped): Promise<Product> {
  const load = async (name: string): Promise<Partial<Modules>> => (await import(new URL(name, folder).href)) as Modules;
  const parts = await Promise.all(
    [
      'cache/principal-cache.js',
      'resolution/resolve-principal.js',
      'administration/administration.js',
      'resolution/device-renewal.js',
      'resolution/login-ends.js',
      'resolution/role-mapping.js',
    ].map(load),
  );
  const modules = Object.assign({}, ...parts) as Modules;

  return {
    assemble({ directory, state, clock, groupRoles, outageToleranceSeconds, journal = directory }) {
      const configured = modules.configuredGroupRoles(groupRoles);
      const onEvent = () => {};
      const now = () => clock.wall();
      const { journal: followed, changesWriteRows } = { changesWriteRows: true, ...journal };
      const configuration = configured.fingerprint;
      const times = { outageToleranceSeconds, clock };
      const cache = modules.principalCache({
        state,
        journal: followed,
        changesWriteRows,
        configuration,
        ...times,
        onEvent,
      });
      const administrator = { role: 'administrator-of-nothing', allowWildcard: true };
      const resolving = { directory, configured, provisioning: 'create', onEvent } as const;
      const alone = { ...cache, lookUp: () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE')) };
      return {
        cache,
        resolver: modules.resolver({ ...resolving, cache }),
        witness: modules.resolver({ ...resolving, cache: alone }),
        administration: modules.administration({ directory, cache, configured, administrator, now, onEvent }),
        renewal: modules.deviceRenewal({ directory, cache, now, onEvent }),
        logins: modules.loginEnds({ directory, cache, now }),
      };
    },
  };
}
