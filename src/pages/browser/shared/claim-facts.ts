// Shows the details of the device that requests access.

import type { WireClaim } from '../../../vocabulary/wire/pairing-json.js';
import { texts } from '../texts/page-texts.js';
import { element } from './connection-elements.js';
import { plain } from './dom.js';
import { secondsAgo } from './time.js';

const facts = ['device', 'app', 'platform', 'address', 'age'] as const;
let askedAt: number | undefined;

/** Shows the device that requests access. All details from the device are inserted as text, never as HTML. */
export function showClaim(claim: WireClaim): void {
  askedAt = Date.now() - claim.age * 1000;
  put('device', claim.device_name.trim() || texts.unnamedDevice);
  put('app', [claim.client_id, claim.app_version].filter(Boolean).join(' '));
  put('platform', claim.platform || texts.claimUnknown);
  put('address', claim.address);
  tickClaim();
}

/** Updates the time since the request. */
export function tickClaim(): void {
  if (askedAt !== undefined) put('age', secondsAgo((Date.now() - askedAt) / 1000));
}

/** Removes the details of the device from the page. */
export function clearClaim(): void {
  askedAt = undefined;
  for (const fact of facts) put(fact, '');
}

function put(fact: (typeof facts)[number], value: string): void {
  element(`claim-${fact}`).textContent = plain(value);
}
