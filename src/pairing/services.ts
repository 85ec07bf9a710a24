// The services that the parts of the pairing service share.
import type { KeyRing } from '../tokens/key-ring.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { SharedState } from '../vocabulary/ports.js';
import type { Issuer } from './issue.js';
import type { Codes } from './pairing-code.js';
import type { PairingRecords } from './records.js';
import type { Throttle } from './throttle.js';

/** The services that the functions in this folder need. */
export interface PairingServices {
  readonly state: SharedState;
  readonly records: PairingRecords;
  readonly throttle: Throttle;
  readonly codes: Codes;
  readonly keys: KeyRing;
  readonly issuer: Issuer;
  /** The listener must not throw. */
  readonly onEvent: OnEvent;
}
