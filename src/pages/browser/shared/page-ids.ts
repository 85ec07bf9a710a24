// The ids of the elements that pages share. test/pages/page-ids.test.ts compares all lists of ids with the markup.
import type { ActivateId } from '../activate/activate-ids.js';
import type { AdminId } from '../admin/admin-ids.js';
import type { ConnectId } from '../connect/connect-ids.js';

/** The ids on all pages. */
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

/** The further ids on both `quick-connect` and `activate`. */
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

/** An id on all pages. */
export type SharedId = (typeof sharedIds)[number];

/** An id on both `quick-connect` and `activate`. */
export type ConnectionId = SharedId | (typeof connectionIds)[number];

/** An id on at least one page. */
export type AnyId = ConnectId | ActivateId | AdminId;

/** The names of the panels with these ids. */
export type PanelOf<Id extends string> = Id extends `panel-${infer Name}` ? Name : never;
