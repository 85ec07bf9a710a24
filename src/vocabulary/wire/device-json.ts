// The JSON of the routes for devices. Dates are in the format of RFC 3339.
import type { PairedBy } from '../types.js';

/** A device in a list or in the answer of PATCH `devices/:id`. */
export interface WireDevice {
  readonly id: string;
  readonly name: string;
  readonly client_id: string;
  readonly app_version?: string | undefined;
  readonly platform?: string | undefined;
  readonly paired_by: PairedBy;
  readonly created_at: string;
  /** The time at which the device's token expires. If the device was idle for too long, this time is in the past. */
  readonly expires_at: string;
  readonly last_used_at: string | null;
  readonly last_address: string | null;
}

/** The answer of GET `devices`. */
export interface DevicesResponse {
  readonly devices: readonly WireDevice[];
}

/** The body of PATCH `devices/:id`. */
export interface RenameDeviceRequest {
  readonly name: string;
}

/** A device of any user in the form that administrators see. */
export interface WireOwnedDevice extends WireDevice {
  /** The owner's subject. */
  readonly subject: string;
  readonly version: number;
}

/** The answer of GET `admin/devices`. */
export interface OwnedDevicesResponse {
  readonly devices: readonly WireOwnedDevice[];
  /** The cursor of the next page, or `null` if this page is the last. */
  readonly next: string | null;
}
