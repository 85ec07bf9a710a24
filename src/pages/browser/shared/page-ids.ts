// Lists the ids of elements that exist on more than one page. test/pages/page-ids.test.ts compares all lists of ids
// with the markup.
import type { ActivateId } from '../activate/activate-ids.js';
import type { AdminId } from '../admin/admin-ids.js';
import type { ConnectId } from '../connect/connect-ids.js';

/** The element ids that exist on all pages. */
export const sharedIds = [
  'texts',
  'who',
  'who-name',
  'log-out',
  'notice',
  'notice-text',
  'try-again',
  'connect',
  'panel-loading',
  'loading-title',
  'panel-login',
  'login-title',
  'panel-cookie-lost',
  'cookie-lost-title',
  'panel-still-in',
  'still-in-title',
  'panel-logged-out',
  'logged-out-title',
  'devices-title',
  'devices-state',
  'device-template',
  'live',
] as const;

/** The element ids that exist on both pages, `quick-connect` and `activate`, in addition to `sharedIds`. */
export const connectionIds = [
  'panel-idle',
  'idle-title',
  'claim-device',
  'claim-app',
  'claim-platform',
  'claim-address',
  'claim-age',
  'approve',
  'deny',
  'panel-approved',
  'approved-title',
  'approved-left',
  'panel-connected',
  'connected-title',
  'revoke-now',
  'panel-revoked',
  'revoked-title',
  'panel-denied',
  'denied-title',
  'panel-expired',
  'expired-title',
  'panel-replayed',
  'replayed-title',
  'panel-cancelled',
  'cancelled-title',
  'panel-gone',
  'gone-title',
  'devices',
  'revoke-all',
  'device-list',
  'confirm',
  'confirm-title',
  'confirm-text',
  'rename',
  'rename-title',
  'rename-name',
  'rename-hint',
  'rename-cancel',
] as const;

/** An element id that exists on all pages. */
export type SharedId = (typeof sharedIds)[number];

/** An element id that exists on both pages, `quick-connect` and `activate`. */
export type ConnectionId = SharedId | (typeof connectionIds)[number];

/** An element id that exists on at least one page. */
export type AnyId = ConnectId | ActivateId | AdminId;

/** The names of all panels that have an element id in the union type `Id`. */
export type PanelOf<Id extends string> = Id extends `panel-${infer Name}` ? Name : never;
