// Quick connect on a small directory, with access to all that a test observes or breaks.

import type { AskingDevice, Proof } from '../../src/pairing/input.js';
import type { Redemption } from '../../src/pairing/issue.js';
import type { LimitOptions } from '../../src/pairing/limits.js';
import type { CodeFormat } from '../../src/pairing/pairing-code.js';
import { type Pairings, type PairingsOptions, pairings } from '../../src/pairing/pairings.js';
import type { ApprovalPolicy, Waiting } from '../../src/pairing/redeem.js';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type ApiTokens, apiTokens } from '../../src/tokens/api-token.js';
import { type KeyRing, keyRing } from '../../src/tokens/key-ring.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import type { Account, Device, Owner, UserRow } from '../../src/vocabulary/types.js';

export const issuer = 'https://api.example.com/auth';
export const appLink = 'https://music.example.com/link';
/** The start of a minute, so that a code is valid for 60 s from here. */
export const start: number = Date.UTC(2026, 10, 1);

type DirectoryVerb = 'findAccount' | 'createDevice' | 'findDevice' | 'listDevices' | 'revokeDevice';

export interface PairingRig {
  readonly state: SharedState;
  readonly directory: Directory;
  readonly pairings: Pairings;
  readonly tokens: ApiTokens;
  readonly alice: Owner;
  readonly bob: Owner;
  readonly events: LatchkeyEvent[];
  /** The keys that were derived from the ring, one entry for each derivation. */
  readonly derived: string[];
  /** The clock of the shared state in memory. */
  readonly clock: { now: number };
  /** The methods that fail with `ERR_DIRECTORY_UNAVAILABLE`. */
  readonly broken: Set<DirectoryVerb>;
  /** Wraps each call to the directory. */
  around: <Result>(verb: DirectoryVerb, call: () => Promise<Result>) => Promise<Result>;
  redeem(proof: string | Proof, device?: Partial<AskingDevice>): Promise<Redemption>;
  /** Redeems with approval: the app has to wait. */
  claim(proof: string | Proof, device?: Partial<AskingDevice>): Promise<Waiting>;
  /** The result of redeeming: `token`, `waiting` or the code of the error. */
  outcome(proof: string | Proof, device?: Partial<AskingDevice>): Promise<string>;
  /** Another instance on the same state and directory. */
  instance(overrides?: Partial<PairingsOptions>): Pairings;
  /** How often this pairing's code or QR secret was compared with a proof or shown. */
  evaluations(id: string): number;
  /** Alice's devices that are not revoked. */
  devices(): Promise<readonly Device[]>;
  close(): Promise<void>;
}

export interface RigOptions {
  /** Default: in memory, with `clock`. The caller closes a state that it passes. */
  readonly state?: SharedState;
  readonly codeFormat?: CodeFormat;
  readonly approval?: ApprovalPolicy;
  readonly maximumDevices?: number;
  readonly limits?: LimitOptions;
  /** The clock of tokens. Default: `clock`. */
  readonly localNow?: () => number;
}

export const ringKey = { kid: '2026-11', secret: 'a secret of at least thirty-two bytes' };

export async function pairingRig(options: RigOptions = {}): Promise<PairingRig> {
  const clock = { now: start };
  const state = options.state ?? memoryState({ now: () => clock.now });
  const directory = memoryDirectory({ now: () => clock.now });
  const derived: string[] = [];
  const ring = keyRing([ringKey]);
  const keys: KeyRing = {
    ...ring,
    derive(kid, info, length) {
      derived.push(info);
      return ring.derive(kid, info, length);
    },
  };
  const tokens = apiTokens({ keys: ring, issuer, now: options.localNow ?? (() => clock.now) });
  const events: LatchkeyEvent[] = [];
  const owner = async (subject: string): Promise<Owner> => {
    const { id } = await directory.createUser({ subject, authMethod: 'proxy', displayName: `The ${subject}` });
    return { userId: id, subject };
  };
  const alice = await owner('alice');

  async function reach<Result>(verb: DirectoryVerb, call: () => Promise<Result>): Promise<Result> {
    return rig.around(verb, async () => {
      if (rig.broken.has(verb)) throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
      return call();
    });
  }

  const services: PairingsOptions = {
    state,
    keys,
    tokens,
    appLink,
    ...(options.codeFormat === undefined ? {} : { codeFormat: options.codeFormat }),
    ...(options.approval === undefined ? {} : { approval: options.approval }),
    ...(options.maximumDevices === undefined ? {} : { maximumDevices: options.maximumDevices }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onEvent: (event) => events.push(event),
    findAccount: (subject) =>
      reach('findAccount', async () => {
        const user = await directory.findUser(subject);
        return user === undefined || user.disabled ? undefined : accountOf(user);
      }),
    revokeDevice: (subject, id) =>
      reach('revokeDevice', async () => {
        const found = await directory.findDevice(id);
        if (found?.user.subject !== subject) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        await directory.revokeDevices(found.user.id, { only: id }, new Date(clock.now));
      }),
    directory: {
      createDevice: (...device) => reach('createDevice', () => directory.createDevice(...device)),
      findDevice: (id) => reach('findDevice', () => directory.findDevice(id)),
      listDevices: (userId, at) => reach('listDevices', () => directory.listDevices(userId, at)),
    },
  };

  const present = (proof: string | Proof, device: Partial<AskingDevice> = {}): Promise<Redemption | Waiting> =>
    rig.pairings.redeem(typeof proof === 'string' ? { code: proof } : proof, {
      clientId: 'app',
      deviceName: 'Phone',
      address: '192.0.2.1',
      ...device,
    });

  const rig: PairingRig = {
    state,
    directory,
    pairings: pairings(services),
    tokens,
    alice,
    bob: await owner('bob'),
    events,
    derived,
    clock,
    broken: new Set(),
    around: (_verb, call) => call(),
    async redeem(proof, device) {
      const answer = await present(proof, device);
      if ('accessToken' in answer) return answer;
      throw new Error('has to wait for approval');
    },
    async claim(proof, device) {
      const answer = await present(proof, device);
      if ('deviceCode' in answer) return answer;
      throw new Error('got a token without approval');
    },
    outcome: (proof, device) =>
      present(proof, device).then((answer) => ('accessToken' in answer ? 'token' : 'waiting'), codeOf),
    instance: (overrides = {}) => pairings({ ...services, ...overrides }),
    evaluations: (id) => derived.filter((info) => /\/(code-1|digits|qr)\//.test(info) && info.endsWith(id)).length,
    devices: () => directory.listDevices(alice.userId, new Date(clock.now)),
    async close() {
      await rig.pairings.close();
      if (options.state === undefined) await state.close();
    },
  };
  return rig;
}

function accountOf({ id, subject, authMethod, displayName = '', disabled, pending }: UserRow): Account {
  return { userId: id, subject, authMethod, displayName, roles: new Set(), disabled, pending };
}

/** The code of a Latchkey error. Any other error is rethrown. */
export function codeOf(error: unknown): string {
  if (error instanceof LatchkeyError) return error.code;
  throw error;
}

/** The proof in the QR code of a pairing. */
export function proofOf(uri: string | undefined): { id: string; secret: string } {
  const fragment = new URLSearchParams(new URL(uri ?? '').hash.slice(1));
  return { id: fragment.get('id') ?? '', secret: fragment.get('s') ?? '' };
}

/** A code for the same pairing that is certainly wrong. */
export function wrongCode(code: string | undefined, guess = 0): string {
  const [locator = '', first = '', second = ''] = (code ?? '').split('-');
  const guessed = guess.toString(10).padStart(4, '0');
  return `${locator}-${first}-${second === guessed ? '9999' : guessed}`;
}
