// http tests: a host with an administrator, and operations for it.
import type { AuditEntry, Device, User } from '../../src/vocabulary/types.js';
import { type Answer, type Ask, type Host, type HostOptions, startHost } from './harness.js';

/** A host, and its administrator `root`. */
export interface Administered extends Host {
  /** GET below `admin/`, as `root`. */
  look(path: string, ask?: Ask): Promise<Answer>;
  /** A write below `admin/`, as `root`, for this version if one is given. */
  change(method: string, path: string, json?: unknown, version?: number | string): Promise<Answer>;
  /** The row of this subject. Creates the user with a request if there is none. */
  person(subject: string, groups?: string): Promise<User>;
  device(id: string): Promise<Device>;
  /** The entries of the audit trail, oldest first. */
  trail(): Promise<readonly AuditEntry[]>;
}

/** Headers that name a version. */
export function ifMatch(version: number | string): Record<string, string> {
  return { 'If-Match': typeof version === 'number' ? `"${version}"` : version };
}

/** Starts a host without sessions: every request logs in by headers. */
export async function startAdministered(options: HostOptions = {}): Promise<Administered> {
  const host = await startHost({ store: null, ...options });
  const root = { user: 'root', groups: 'admins' };

  return {
    ...host,
    look: (path, ask = {}) => host.ask(`/auth/admin/${path}`, { ...root, ...ask }),
    change: (method, path, json, version) =>
      host.write(method, `/auth/admin/${path}`, {
        ...root,
        json,
        headers: version === undefined ? {} : ifMatch(version),
      }),
    async person(subject, groups) {
      await host.ask('/who', { user: subject, ...(groups === undefined ? {} : { groups }) });
      return host.administration.users.find(subject);
    },
    async device(id) {
      const found = await host.directory.findDevice(id);
      if (found === undefined) throw new Error('no such device');
      return found.device;
    },
    trail: async () => [...(await host.administration.audit.list({ limit: 1000 }))].reverse(),
  };
}

/** Holds back calls until `count` have arrived, so that they all run at the same time. */
export function together<Parameters extends readonly unknown[], Result>(
  count: number,
  call: (...parameters: Parameters) => Promise<Result>,
): (...parameters: Parameters) => Promise<Result> {
  let arrived = 0;
  let release = () => {};
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  return async (...parameters) => {
    arrived += 1;
    if (arrived === count) release();
    await all;
    return call(...parameters);
  };
}
