// Shows the effect of a mapping change as sentences.

import type { MappingPreviewResponse } from '../../../vocabulary/wire/admin-json.js';
import { adminTexts } from '../texts/admin-texts.js';
import { counted, make } from './table-rows.js';

/** Returns sentences that say how many users are affected, and how many users gain or lose each role. */
export function previewLines({ users, gained, lost }: MappingPreviewResponse): readonly Node[] {
  if (users === 0) return [make('p', {}, adminTexts.previewNothing)];
  const item = (text: typeof adminTexts.gains, kind: string) =>
    function line([role, count]: [string, number]): HTMLElement {
      return make('li', { class: kind }, ...counted(text, count, { role }));
    };
  return [
    make('p', {}, ...counted(adminTexts.previewUsers, users)),
    make(
      'ul',
      { class: 'preview-list' },
      ...Object.entries(gained).map(item(adminTexts.gains, 'gain')),
      ...Object.entries(lost).map(item(adminTexts.loses, 'loss')),
    ),
  ];
}
