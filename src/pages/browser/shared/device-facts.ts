// Fills in the details in a device row. Both the users' own lists and the administrators' list have such rows.

import type { WireDevice } from '../../../vocabulary/wire/device-json.js';
import { texts } from '../texts/page-texts.js';
import { nameOf } from './dialogs.js';
import { fill, plain, show } from './dom.js';
import { ago, date } from './time.js';

const pairedTexts = { code: texts.pairedByCode, qr: texts.pairedByQr, 'user-code': texts.pairedByUserCode };

/** Fills in what a row says about a device, such as its name, its app and the date of its last use. */
export function fillFacts(row: HTMLElement, device: WireDevice): void {
  const part = (selector: string) => row.querySelector(selector) as HTMLElement;
  part('.device-name').textContent = plain(nameOf(device));
  part('.device-app').textContent = plain([device.client_id, device.app_version].filter(Boolean).join(' '));
  part('.device-platform bdi').textContent = plain(device.platform ?? '');
  show(part('.device-platform'), Boolean(device.platform));
  fillUse(part('.device-used'), device);
  fill(part('.device-paired'), pairedTexts[device.paired_by], { date: date(device.created_at) });
  const ends = Date.parse(device.expires_at) > Date.now() ? texts.ends : texts.ended;
  fill(part('.device-ends span'), ends, { date: date(device.expires_at) });
}

function fillUse(target: HTMLElement, { last_used_at: instant, last_address: address }: WireDevice): void {
  if (!instant) fill(target, texts.neverUsed);
  else if (!address) fill(target, texts.lastUsed, { when: ago(instant) });
  else fill(target, texts.lastUsedFrom, { when: ago(instant), address });
}
