// The ids of the elements of the page `quick-connect`.
import type { ConnectionId } from '../shared/page-ids.js';

/** The element ids of this page, except the ids in `connectionIds` and `sharedIds`. */
export const connectIds = [
  'panel-open',
  'open-title',
  'revealed',
  'qr-figure',
  'qr',
  'qr-failed',
  'code-label',
  'code',
  'code-time',
  'code-rotates',
  'same-device',
  'concealed',
  'reveal',
  'open-left',
  'panel-claimed',
  'claimed-title',
  'approval',
  'match-hint',
  'match-number',
  'match-trouble',
  'claimed-left',
  'panel-mismatched',
  'mismatched-title',
  'panel-burned',
  'burned-title',
] as const;

/** An id on this page. */
export type ConnectId = ConnectionId | (typeof connectIds)[number];
