// The section in which administrators find and revoke the devices of all users.

import type { WireOwnedDevice } from '../../../vocabulary/wire/device-json.js';
import { fillFacts } from '../shared/device-facts.js';
import { nameOf } from '../shared/dialogs.js';
import { announce, fill, filled, show, whileBusy } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import { texts } from '../texts/page-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { agreed, changeFailed } from './confirmed-change.js';
import { type Listing, startListing } from './paged-list.js';
import type { Section } from './sections.js';
import { debounced } from './table-rows.js';

/** How many milliseconds the page waits after a key press before it starts a search. */
const typingMilliseconds = 300;

/** Adds the event listeners of the section. */
export function startDevices(): Section {
  const form = element<HTMLFormElement>('devices-filter');
  const field = element<HTMLInputElement>('devices-search');
  const heading = element('devices-title');
  const listing: Listing = startListing<WireOwnedDevice>({
    name: 'devices',
    fetch: adminApi.devices,
    row: (device) => deviceRow(device, listing, heading, true),
  });
  const search = debounced(() => void listing.load({ search: field.value.trim() }), typingMilliseconds);
  form.addEventListener('input', search.later);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search.now();
  });
  return {
    async enter() {
      void listing.load({ search: field.value.trim() });
      return heading;
    },
    clear() {
      search.stop();
      listing.clear();
    },
  };
}

/**
 * Builds a row for a device.
 *
 * @param listing The list that contains the row.
 * @param heading The heading that receives the focus when the row is removed.
 * @param owned If `true`, the row shows the owner of the device.
 */
export function deviceRow(device: WireOwnedDevice, listing: Listing, heading: HTMLElement, owned = false): HTMLElement {
  const template = element<HTMLTemplateElement>('device-template');
  const row = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
  const part = (selector: string) => row.querySelector(selector) as HTMLElement;
  const name = nameOf(device);
  fillFacts(row, device);
  fill(part('.device-owner'), adminTexts.deviceOf, { subject: device.subject });
  show(part('.device-owner'), owned);
  const button = part('[data-action=revoke]');
  button.setAttribute('aria-label', filled(texts.revokeLabel, { name }));
  button.addEventListener('click', () => void whileBusy(button, revoke));

  async function revoke(): Promise<void> {
    const question = { title: texts.confirmRevokeTitle, text: texts.confirmRevokeText, values: { name } };
    if (!(await agreed({ ...question, yes: texts.revoke }))) return;
    clearProblem();
    try {
      await adminApi.revoke(device);
    } catch (error) {
      // The device no longer exists, so there is nothing left to revoke.
      if (problemOf(error).kind !== 'unknown') return changeFailed(error, listing.reload);
    }
    listing.remove(row);
    announce(filled(texts.deviceRevoked, { name }));
    heading.focus();
  }

  return row;
}
