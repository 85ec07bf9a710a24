// The ids of the elements of the page `activate`.
import type { ConnectionId } from '../shared/page-ids.js';

/** The element ids of this page, except the ids in `connectionIds` and `sharedIds`. */
export const activateIds = [
  'look-up',
  'user-code-hint',
  'user-code',
  'user-code-trouble',
  'continue',
  'panel-decide',
  'decide-title',
  'decide-text',
  'decision',
  'decide-left',
  'panel-over',
  'over-title',
] as const;

/** An id on this page. */
export type ActivateId = ConnectionId | (typeof activateIds)[number];
