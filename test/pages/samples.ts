// Sample data of the stand-in: a device, a claim, a pairing.

import type { WireDevice } from '../../src/vocabulary/wire/device-json.js';
import type { WireClaim, WirePairing } from '../../src/vocabulary/wire/pairing-json.js';

/** JSON that the stand-in can modify. */
export type Writable<Json> = { -readonly [Name in keyof Json]: Json[Name] };

export type StandInDevice = Writable<WireDevice>;
export type StandInClaim = Writable<WireClaim>;
export type StandInPairing = Writable<WirePairing>;

/** A device as `GET devices` lists it. */
export function device(id: string, name: string, more: Partial<StandInDevice> = {}): StandInDevice {
  return {
    id,
    name,
    client_id: 'koel-player',
    paired_by: 'qr',
    created_at: '2026-11-03T09:30:00Z',
    expires_at: '2099-11-03T09:30:00Z',
    last_used_at: null,
    last_address: null,
    ...more,
  };
}

/** What a claiming device says about itself. */
export function aClaim(more: Partial<StandInClaim> = {}): StandInClaim {
  return {
    device_name: 'Pixel 9',
    client_id: 'koel-player',
    app_version: '4.2.0',
    platform: 'Android 16',
    address: '198.51.100.7',
    age: 12,
    ...more,
  };
}

let opened = 0;

/** A pairing that has just been opened. */
export function newPairing(): StandInPairing {
  opened += 1;
  return {
    id: `pairing-${opened}`,
    status: 'open',
    code: '7KQM-V3XH-92TD',
    code_expires_in: 42,
    expires_in: 300,
    uri: `https://music.example.com/link#v=1&iss=https%3A%2F%2Fapi.example.com%2Fauth&id=pairing-${opened}&s=Zm9yIHRlc3Rz`,
    interval: 1,
  };
}
