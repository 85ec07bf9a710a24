// The schemas of the JSON in vocabulary/wire/login-json.ts, device-json.ts and pairing-json.ts.
import { labelRoom, textLimits } from '../../vocabulary/text-rules.js';
import type {
  DevicesResponse,
  OwnedDevicesResponse,
  RenameDeviceRequest,
  WireDevice,
  WireOwnedDevice,
} from '../../vocabulary/wire/device-json.js';
import type { HostUserResponse, LogoutResponse, MeResponse } from '../../vocabulary/wire/login-json.js';
import type {
  ApprovePairingRequest,
  VerificationRequest,
  VerificationResponse,
  WireClaim,
  WirePairing,
} from '../../vocabulary/wire/pairing-json.js';
import { endedStatuses, pairedByWords, underWayStatuses } from '../../vocabulary/words.js';
import {
  about,
  component,
  constant,
  count,
  dateTime,
  listOf,
  type Members,
  nullable,
  objectOf,
  oneWordOf,
  optional,
  pattern,
  type Schema,
  shortText,
  text,
  uuid,
} from './schema.js';

const closed = { closed: true } as const;

export const meResponse: Schema<MeResponse> = component(
  'MeResponse',
  objectOf<MeResponse>({
    subject: text,
    display_name: optional(text),
    email: optional(text),
    roles: about('Sorted.', listOf(text)),
    method: oneWordOf(['header', 'session', 'token']),
    device_id: optional(about('The paired device, if `method` is `token`.', uuid)),
  }),
);

export const logoutResponse: Schema<LogoutResponse> = component(
  'LogoutResponse',
  objectOf<LogoutResponse>({
    logout_url: optional(
      about(
        'The URL that the browser has to open to end the login at the proxy, too. Absent if the host configured no such URL.',
        text,
      ),
    ),
    proxy_login: optional(
      about(
        '`true` if the login at the proxy continues, so that the next request is logged in again. `proxy_login` is absent if `logout_url` is present, or if the proxy asserted no user on this request.',
        constant(true),
      ),
    ),
  }),
);

export const hostUserResponse: Schema<HostUserResponse> = component(
  'HostUserResponse',
  objectOf<HostUserResponse>({
    host_user_id: about("The id of the row in the server's own users table.", text),
  }),
);

const deviceMembers: Members<WireDevice> = {
  id: uuid,
  name: text,
  client_id: text,
  app_version: optional(text),
  platform: optional(text),
  paired_by: oneWordOf(pairedByWords),
  created_at: dateTime,
  expires_at: about(
    "The time at which the device's token expires. If the device was idle for too long, this time is in the past.",
    dateTime,
  ),
  last_used_at: nullable(dateTime),
  last_address: nullable(text),
};

export const device: Schema<WireDevice> = component('Device', objectOf<WireDevice>(deviceMembers));

export const devicesResponse: Schema<DevicesResponse> = component(
  'DevicesResponse',
  objectOf<DevicesResponse>({ devices: listOf(device) }),
);

export const renameDeviceRequest: Schema<RenameDeviceRequest> = component(
  'RenameDeviceRequest',
  objectOf<RenameDeviceRequest>({ name: shortText(labelRoom(textLimits.deviceName)) }, closed),
);

const ownedDevice: Schema<WireOwnedDevice> = component(
  'OwnedDevice',
  objectOf<WireOwnedDevice>({ ...deviceMembers, subject: about("The owner's subject.", text), version: count }),
);

export const ownedDevicesResponse: Schema<OwnedDevicesResponse> = component(
  'OwnedDevicesResponse',
  objectOf<OwnedDevicesResponse>({
    devices: listOf(ownedDevice),
    next: about('The cursor of the next page, or `null` if this page is the last.', nullable(text)),
  }),
);

const claim: Schema<WireClaim> = component(
  'Claim',
  objectOf<WireClaim>({
    device_name: text,
    client_id: text,
    app_version: optional(text),
    platform: optional(text),
    address: about("The IP address from which the app's request came.", text),
    age: about('How many whole seconds ago the app sent its request.', count),
  }),
);

const requestMembers: Members<VerificationResponse> = {
  code: optional(about('The current code, which is present only while the pairing is open.', text)),
  code_expires_in: optional(
    about(
      'The time until the next code replaces the current code. This time is present only while the pairing is open.',
      count,
    ),
  ),
  expires_in: about('The time until the pairing ends, or 0 after the pairing has ended.', count),
  uri: optional(about('The link in the QR code, which is present only while the pairing is open.', text)),
  status: oneWordOf([...underWayStatuses, ...endedStatuses]),
  interval: about('The time between two polls, for a page that cannot keep an event stream open.', count),
  claim: optional(
    about(
      'The app that requests access. The claim is present while the pairing is claimed or approved. In the device flow, the claim is also present while the pairing is open.',
      claim,
    ),
  ),
  tries_left: optional(
    about(
      'How many tries at the match number are left. This number is present only while the pairing is claimed.',
      count,
    ),
  ),
  device: optional(
    about(
      'The device that the pairing created. The device is present only if the pairing is redeemed.',
      objectOf<NonNullable<WirePairing['device']>>({ id: uuid, name: text }),
    ),
  ),
};

export const pairing: Schema<WirePairing> = component(
  'Pairing',
  about(
    'A pairing in the form that its owner sees: the answer of all routes below `pairings`, and the data of `status` events. Durations are in seconds.',
    objectOf<WirePairing>({ id: text, ...requestMembers }),
  ),
);

export const approvePairingRequest: Schema<ApprovePairingRequest> = component(
  'ApprovePairingRequest',
  objectOf<ApprovePairingRequest>(
    { match_number: about('The two digits that the app shows.', pattern('^[0-9]{2}$')) },
    closed,
  ),
);

export const verificationRequest: Schema<VerificationRequest> = component(
  'VerificationRequest',
  objectOf<VerificationRequest>(
    {
      user_code: about('The code that the device shows.', shortText(64)),
      action: oneWordOf(['lookup', 'approve', 'deny']),
    },
    closed,
  ),
);

export const verificationResponse: Schema<VerificationResponse> = component(
  'VerificationResponse',
  about(
    'The answer of POST `device/verification` for the actions `lookup` and `deny`. The answer for the action `approve` is a `WirePairing`.',
    objectOf<VerificationResponse>(requestMembers),
  ),
);
