// test/support: quick connect on a small directory, with everything in the open that a test wants to see or break.
import { LatchkeyError } from '../../src/errors.js';
import type { CodeFormat } from '../../src/pairing/code.js';
import type { Proof, RedeemingDevice } from '../../src/pairing/input.js';
import { type Pairings, type PairingsOptions, pairings } from '../../src/pairing/pairings.js';
import type { Redemption } from '../../src/pairing/redeem.js';
import type { SharedState } from '../../src/ports.js';
import { memoryState } from '../../src/stores/memory-state.js';
import { type ApiTokens, apiTokens } from '../../src/tokens/api-token.js';
import { type KeyRing, keyRing } from '../../src/tokens/key-ring.js';
import type { Account, Device, LatchkeyEvent } from '../../src/types.js';

export const issuer = 'https://api.example.com/auth';
export const appLink = 'https://music.example.com/link';
export const alice = { userId: 'a1a1a1a1-0000-4000-8000-000000000001', subject: 'alice' };
export const bob = { userId: 'b0b0b0b0-0000-4000-8000-000000000002', subject: 'bob' };
/** A whole minute, so that a code lives for 60 s from here. */
export const start: number = Date.UTC(2026, 10, 1);

type StoredDevice = Omit<Device, 'subject'>;

export interface PairingRig {
  readonly state: SharedState;
  readonly pairings: Pairings;
  readonly tokens: ApiTokens;
  readonly devices: Map<string, StoredDevice>;
  readonly accounts: Map<string, Account>;
  readonly events: LatchkeyEvent[];
  /** What was derived from the ring, one line for each derivation. */
  readonly derived: string[];
  /** The clock that the shared state in memory goes by. */
  readonly clock: { now: number };
  /** What fails with `ERR_DIRECTORY_UNAVAILABLE`: the directory's verbs by name. */
  readonly broken: Set<'findAccount' | 'createDevice' | 'findDevice' | 'revokeDevice'>;
  /** Runs before each call to the directory. */
  before: (verb: string) => Promise<void> | void;
  redeem(proof: string | Proof, device?: Partial<RedeemingDevice>): Promise<Redemption>;
  /** The code of the error that redeeming ends with, or `token`. */
  outcome(proof: string | Proof, device?: Partial<RedeemingDevice>): Promise<string>;
  /** Another instance on the same state and directory, whose own clock and services may differ. */
  instance(overrides?: Partial<PairingsOptions>): Pairings;
  /** How often a proof was compared with this pairing's code or QR secret. */
  evaluations(id: string): number;
  /** The devices that are not revoked. */
  liveDevices(): string[];
  close(): Promise<void>;
}

export interface RigOptions {
  readonly state?: SharedState;
  readonly codeFormat?: CodeFormat;
  readonly localNow?: () => number;
}

export function pairingRig(options: RigOptions = {}): PairingRig {
  const clock = { now: start };
  const state = options.state ?? memoryState({ now: () => clock.now });
  const derived: string[] = [];
  const ring = keyRing([{ kid: '2026-11', secret: 'a secret of at least thirty-two bytes' }]);
  const keys: KeyRing = {
    ...ring,
    derive(kid, info, length) {
      derived.push(info);
      return ring.derive(kid, info, length);
    },
  };
  const tokens = apiTokens({ keys: ring, issuer, now: options.localNow ?? (() => clock.now) });
  const devices = new Map<string, StoredDevice>();
  const accounts = new Map<string, Account>();
  const events: LatchkeyEvent[] = [];
  for (const { userId, subject } of [alice, bob]) {
    accounts.set(subject, {
      userId,
      subject,
      authMethod: 'proxy',
      displayName: `The ${subject}`,
      roles: new Set(),
      disabled: false,
      pending: false,
    });
  }

  async function reach(verb: 'findAccount' | 'createDevice' | 'findDevice' | 'revokeDevice'): Promise<void> {
    await rig.before(verb);
    if (rig.broken.has(verb)) throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
  }

  const services: PairingsOptions = {
    state,
    keys,
    tokens,
    appLink,
    ...(options.codeFormat === undefined ? {} : { codeFormat: options.codeFormat }),
    onEvent: (event) => events.push(event),
    async findAccount(subject) {
      await reach('findAccount');
      return accounts.get(subject);
    },
    async revokeDevice(_subject, id) {
      await reach('revokeDevice');
      const device = devices.get(id);
      if (device === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
      devices.set(id, { ...device, revokedAt: new Date(clock.now) });
    },
    directory: {
      async createDevice(device) {
        await reach('createDevice');
        if (![...accounts.values()].some(({ userId }) => userId === device.userId)) {
          throw new LatchkeyError('ERR_USER_UNKNOWN');
        }
        if (!devices.has(device.id)) devices.set(device.id, device);
      },
      async findDevice(id) {
        await reach('findDevice');
        const device = devices.get(id);
        if (device === undefined) return undefined;
        const subject = device.userId === alice.userId ? 'alice' : 'bob';
        return {
          device: { ...device, subject },
          user: {
            id: device.userId,
            subject,
            authMethod: 'proxy',
            groups: [],
            managedRoles: [],
            grantedRoles: [],
            disabled: false,
            pending: false,
            version: 1,
            createdAt: new Date(start),
            updatedAt: new Date(start),
          },
        };
      },
    },
  };

  const rig: PairingRig = {
    state,
    pairings: pairings(services),
    tokens,
    devices,
    accounts,
    events,
    derived,
    clock,
    broken: new Set(),
    before: () => undefined,
    redeem(proof, device = {}) {
      return rig.pairings.redeem(typeof proof === 'string' ? { code: proof } : proof, {
        clientId: 'app',
        deviceName: 'Phone',
        address: '192.0.2.1',
        ...device,
      });
    },
    outcome: (proof, device) => rig.redeem(proof, device).then(() => 'token', codeOf),
    instance: (overrides = {}) => pairings({ ...services, ...overrides }),
    evaluations: (id) => derived.filter((info) => /\/(code-1|digits|qr)\//.test(info) && info.endsWith(id)).length,
    liveDevices: () => [...devices.values()].filter(({ revokedAt }) => revokedAt === undefined).map(({ id }) => id),
    async close() {
      await rig.pairings.close();
      if (options.state === undefined) await state.close();
    },
  };
  return rig;
}

/** The code of a Latchkey error; anything else goes on as it is. */
export function codeOf(error: unknown): string {
  if (error instanceof LatchkeyError) return error.code;
  throw error;
}

/** What the QR code of a pairing says. */
export function proofOf(uri: string | undefined): { id: string; secret: string } {
  const fragment = new URLSearchParams(new URL(uri ?? '').hash.slice(1));
  return { id: fragment.get('id') ?? '', secret: fragment.get('s') ?? '' };
}

/** A code for the same pairing that is surely wrong. */
export function wrongCode(code: string | undefined, guess = 0): string {
  const [locator = '', first = '', second = ''] = (code ?? '').split('-');
  const guessed = guess.toString(10).padStart(4, '0');
  return `${locator}-${first}-${second === guessed ? '9999' : guessed}`;
}
