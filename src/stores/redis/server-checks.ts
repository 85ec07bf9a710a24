// Checks whether the Redis servers suit Latchkey: their version, their role, their eviction policy and their
// persistence.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { LatchkeyEvent } from '../../vocabulary/events.js';
import { isCluster, type RedisClient, type RedisCluster } from './client-shapes.js';
import { refusalOf } from './refusals.js';

/** Checks the servers each time the connection has become ready. Each finding becomes one event per process. */
export interface ServerChecks {
  /** Starts a check. Never throws, and sends nothing that changes data. */
  run(): void;
  close(): void;
}

/** The earliest version that has all commands of redisState. The latest of these commands, GETDEL, came with 6.2. */
const leastVersion = { major: 6, minor: 2 };

/**
 * For how many milliseconds the server must be a replica before this is reported. During a failover, a client can be
 * connected to the former primary for some seconds.
 */
const replicaMilliseconds = 5000;

/** A finding that this process reports. */
type Finding = Extract<LatchkeyEvent, { readonly type: 'error' | 'state.not-persistent' }>;

/** The clock and the timer of the checks. Tests replace them. */
export interface CheckClock {
  /** Returns a number of milliseconds that never decreases. */
  now(): number;
  /** Calls `work` after this many milliseconds, and does not keep the process alive. The returned function cancels. */
  schedule(milliseconds: number, work: () => void): () => void;
}

const systemClock: CheckClock = {
  now: () => performance.now(),
  schedule(milliseconds, work) {
    const timer = setTimeout(work, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

/** Creates the checks. `emit` receives the events. */
export function serverChecks(
  client: RedisClient | RedisCluster,
  emit: (event: Finding) => void,
  clock: CheckClock = systemClock,
): ServerChecks {
  const reported = new Set<string>();
  let replicaSince: number | undefined;
  let cancel = () => {};
  let closed = false;

  function report(finding: Finding): void {
    const key = finding.type === 'error' ? finding.message : finding.type;
    if (reported.has(key)) return;
    reported.add(key);
    emit(finding);
  }

  function checkRole(servers: readonly Facts[]): void {
    cancel();
    if (!servers.some(({ role }) => role === 'slave')) {
      replicaSince = undefined;
      return;
    }
    replicaSince ??= clock.now();
    const left = replicaSince + replicaMilliseconds - clock.now();
    if (left <= 0) report(error('ERR_STATE_REPLICA', 'Redis is a replica and refuses writes; connect to the primary'));
    else cancel = clock.schedule(left, run);
  }

  async function check(): Promise<void> {
    const nodes = isCluster(client) ? client.nodes('master') : [client];
    const servers = await Promise.all(nodes.map(factsOf));
    if (closed) return;
    for (const finding of servers.flatMap(findings)) report(finding);
    checkRole(servers);
  }

  function run(): void {
    // If the connection breaks during the check, the check runs again after the reconnect.
    check().catch(() => {});
  }

  return {
    run,
    close() {
      closed = true;
      cancel();
    },
  };
}

/** What a server says about itself. A member is `undefined` if the server does not say it. */
interface Facts {
  readonly version: string | undefined;
  readonly role: string | undefined;
  readonly policy: string | undefined;
  readonly persistent: boolean | undefined;
}

async function factsOf(node: RedisClient): Promise<Facts> {
  const info = await answer(node, 'info');
  const told = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(info))?.[1];
  const setting = async (name: string): Promise<string | undefined> => {
    const reply = await answer(node, 'config', 'get', name);
    return Array.isArray(reply) && reply.length > 1 ? String(reply[1]) : undefined;
  };
  // INFO needs fewer rights than CONFIG, which some managed services forbid.
  const policy = told('maxmemory_policy') ?? (await setting('maxmemory-policy'));
  const appends = told('aof_enabled');
  const saves = appends === '0' ? await setting('save') : undefined;
  const persistent = appends === '1' ? true : saves === undefined ? undefined : saves !== '';
  return { version: told('redis_version'), role: told('role'), policy, persistent };
}

/** Returns the reply, or `undefined` if Redis refuses the command. Rejects if Redis does not answer. */
async function answer(node: RedisClient, command: string, ...args: string[]): Promise<unknown> {
  try {
    return await node.call(command, ...args);
  } catch (error) {
    if (refusalOf(error) !== undefined) return undefined;
    throw error;
  }
}

function findings({ version, policy, persistent }: Facts): readonly Finding[] {
  const found: Finding[] = [];
  if (version !== undefined && isTooOld(version)) {
    const { major, minor } = leastVersion;
    found.push(error('ERR_STATE_VERSION', `Redis has version ${version}; Latchkey needs ${major}.${minor} or later`));
  }
  if (policy === undefined) {
    found.push(
      error('ERR_STATE_EVICTION', 'Redis does not report its maxmemory-policy; make sure that it is noeviction'),
    );
  } else if (policy !== 'noeviction') {
    const risk = 'with any policy but noeviction, Redis may delete throttles and pairings';
    found.push(error('ERR_STATE_EVICTION', `Redis has maxmemory-policy ${policy}; ${risk}`));
  }
  if (persistent === false) found.push({ type: 'state.not-persistent' });
  return found;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < leastVersion.major || (major === leastVersion.major && minor < leastVersion.minor);
}

function error(code: ErrorCode, message: string): Finding {
  return { type: 'error', code, message };
}
