// The English texts of the pages. Other tables must have the same keys. This file is in the browser code because the
// server and the browser both use the type `PageTexts`.
import type { AdminTexts } from './admin-english.js';
import type { PluralText } from './plural-text.js';
import type { RefusalTexts } from './refusal-english.js';

/**
 * The texts of the pages in one language. The browser replaces each `{…}` placeholder with text, never with markup. A
 * translation must keep all placeholders, but can change their order.
 */
export type PageTexts = {
  readonly [Key in keyof typeof english]: Key extends 'direction'
    ? 'ltr' | 'rtl'
    : (typeof english)[Key] extends string
      ? string
      : (typeof english)[Key] extends readonly string[]
        ? readonly string[]
        : PluralText;
} & {
  /**
   * The texts of the page `admin`. Default: the texts that Latchkey ships for this language, or else the English texts.
   */
  readonly admin?: AdminTexts | undefined;
  /**
   * The texts of the pages for refused requests. Default: the texts that Latchkey ships for this language, or else the
   * English texts.
   */
  readonly refusals?: RefusalTexts | undefined;
};

/** The texts in English. */
export const english = {
  /** A language tag (BCP 47). */
  language: 'en',
  direction: 'ltr',
  brand: 'Quick connect',

  title: 'Connect a device',
  lead: 'Use your account in an app without typing your password into the app.',
  otherWay: 'Does your device show a code?',
  otherWayLink: 'Enter it here',
  activateTitle: 'Enter a device code',
  activateLead: 'Use your account on a TV, on a speaker or in an app without typing your password there.',
  activateOtherWay: 'Does the app ask you for a code?',
  activateOtherWayLink: 'Get one here',
  loggedInAs: 'Logged in as {name}',
  logOut: 'Log out',
  needsScript: 'This page needs JavaScript to contact the server and to show when your device is connected.',

  loadingTitle: 'One moment',
  loadingText: 'Checking your login…',

  idleTitle: 'How it works',
  idleSteps: [
    'Open the app on your phone or tablet and choose “Quick connect”.',
    'Get a code here, then scan it or type it into the app.',
    'This page tells you when the device is connected.',
  ],
  connect: 'Connect a device',

  openTitle: 'Scan or type this code',
  qrAlt: 'QR code for the app to scan',
  qrHint: 'Scan with the app',
  qrFailed: 'Could not load the QR code. Type the code instead.',
  codeLabel: 'Or type it into the app',
  codeRotates: 'New code in {time}',
  codeRefreshing: 'Getting a new code…',
  codeRotated: 'A new code is shown.',
  codeReady: 'Your code is ready.',
  waiting: 'Waiting for your device. {time} left.',
  sameDevice: 'Open the app on this device',
  warningTitle: 'Do not share this code.',
  warning:
    'Type this code only into an app that you opened yourself. Anyone who uses this code gets access to your account. You never need to read this code out or send it to anyone.',
  cancel: 'Cancel',
  concealedTitle: 'The code is hidden',
  concealedText: 'The page hides the code when you leave this tab, or when you do not use the page for five minutes.',
  concealed: 'The code is hidden. To see it again, select “Show code”.',
  reveal: 'Show code',

  claimTitle: 'Is this your device?',
  claimText: 'This device used your code and requests access to your account.',
  claimArrived: 'A device requests access: {name}. Approve or deny the request on this page.',
  claimDevice: 'Device',
  claimApp: 'App',
  claimPlatform: 'Platform',
  claimAddress: 'Address',
  claimAge: 'Requested',
  claimUnknown: 'Not provided',
  claimOwnWords: 'The names of the device, the app and the platform come from the app itself and may be false.',
  claimWarningTitle: 'If this is not your device, choose Deny.',
  claimWarning:
    'Approve only a device that is in front of you, and read the number from its screen. Anyone who tells you a number or asks you to approve a device is trying to get into your account.',
  matchLabel: 'Number shown in the app',
  matchHint: 'Read the two digits from the device’s screen.',
  matchMissing: 'Enter the two digits shown in the app.',
  matchWrong: 'This is not the number shown in the app.',
  triesLeft: { one: 'One try left.', other: '{count} tries left.' },
  approve: 'Approve',
  deny: 'Deny',
  decideLeft: '{time} left to decide.',
  approvedTitle: 'Approved: {name}',
  approvedText: 'Waiting for the app to connect. Keep the app open; this takes a few seconds.',
  approvedLeft: 'Waiting for the app. {time} left.',

  enterTitle: 'Which code does your device show?',
  userCodeLabel: 'Code on the device',
  userCodeHint: 'The code has eight letters, such as {example}. Case and dashes do not matter.',
  userCodeMalformed: 'A code has eight letters and no digits. Check the code on the device.',
  userCodeUnknown: 'No device is waiting for this code. Check the code on the device, or get a new code there.',
  lookUp: 'Continue',
  decideText: 'This device shows the code {code} and requests access to your account.',
  decideWarningTitle: 'Did someone send you this code? Choose Deny.',
  decideWarning:
    'Approve only a device that is in front of you and shows exactly this code. Anyone who sends you a code by message, email or phone is trying to get into your account with their own device.',
  anotherCode: 'Enter another code',
  deviceApprovedText: 'Waiting for the device to connect. Leave the device on; this takes a few seconds.',
  deviceApprovedLeft: 'Waiting for the device. {time} left.',

  connectedTitle: 'Connected: {name}',
  connectedText: 'This device can now use your account. You can revoke its access at any time.',
  connectedDoubt: 'Not your device? Revoke it now.',
  revokeNow: 'Revoke this device',
  connectAnother: 'Connect another device',
  unnamedDevice: 'Unnamed device',

  revokedTitle: 'Revoked: {name}',
  revokedText: 'The device no longer has access to your account.',

  deniedTitle: 'Denied',
  deniedText: 'The device did not get access. If it was not your device, someone else has seen your code.',
  mismatchedTitle: 'Denied after three wrong numbers',
  mismatchedText: 'The device did not get access. To try again, get a new code and read the number from the app.',
  expiredTitle: 'The code has expired',
  expiredText: 'No device connected in time.',
  burnedTitle: 'The code was blocked',
  burnedText: 'Too many wrong codes were entered, so this code was blocked for your safety. No device was connected.',
  replayedTitle: 'The code was used twice',
  replayedText:
    'Two devices used the same code, so the first device was revoked and no device is connected. If one of the devices was not yours, someone else has seen your code.',
  cancelledTitle: 'Canceled',
  cancelledText: 'This code no longer works. No device was connected.',
  goneTitle: 'This code no longer exists',
  goneText:
    'The server no longer has this code. If a new device is listed below, it was connected with this code. Otherwise, no device was connected.',
  newCode: 'Get a new code',
  deviceDeniedText: 'The device did not get access. The device now shows that the request was denied.',
  overTitle: 'This code no longer works',
  overText: 'The code has expired, or the request was already approved or denied. Get a new code on the device.',

  loginTitle: 'You are not logged in',
  loginText: 'Your login may have ended. Log in again to connect a device or manage your devices.',
  logIn: 'Log in',
  cookieLostTitle: 'You are still not logged in',
  cookieLostText: 'The server logged you in, but your browser did not send the session cookie back.',
  cookieLostBrowser: 'If your browser blocks cookies, allow them for this site and log in again.',
  cookieLostServer: 'If that does not help, tell the people who run this site.',
  stillInTitle: 'You are not logged out yet',
  stillInText:
    'Your organization’s login is still active. Anyone who opens this site in this browser is logged in as you again. To end that login, log out on the page where you logged in.',
  loggedOutTitle: 'You are logged out',
  loggedOutText: 'Your connected devices stay connected.',

  offline: 'You seem to be offline. This page continues when the connection is back.',
  unavailable: 'The server cannot do this right now. Nothing was lost. Try again shortly.',
  limit: 'You have too many open codes. Use or cancel one of them, or wait a few minutes.',
  throttled: 'Too many attempts. Try again in a few minutes.',
  throttledFor: 'Too many attempts. Try again in {time}.',
  unexpected: 'Something went wrong.',
  refused: 'The server refused the request: {reason}.',
  tryAgain: 'Try again',

  devicesTitle: 'Your devices',
  devicesLoading: 'Loading your devices…',
  devicesEmpty: 'No device is connected yet.',
  devicesFailed: 'Could not load your devices.',
  pairedByCode: 'Connected by code on {date}',
  pairedByQr: 'Connected by QR code on {date}',
  pairedByUserCode: 'Connected by device code on {date}',
  ends: 'Expires on {date}',
  ended: 'Expired on {date}',
  lastUsed: 'Last used {when}',
  lastUsedFrom: 'Last used {when} from {address}',
  neverUsed: 'Not used yet',
  justNow: 'just now',
  rename: 'Rename',
  renameLabel: 'Rename {name}',
  revoke: 'Revoke',
  revokeLabel: 'Revoke {name}',
  revokeOthers: 'Revoke others',
  revokeOthersLabel: 'Revoke others: all devices except {name}',
  revokeAll: 'Revoke all',
  revokeAllLabel: 'Revoke all devices',
  renamed: 'Renamed to {name}.',
  deviceRevoked: '{name} was revoked.',
  othersRevoked: 'All other devices were revoked.',
  allRevoked: 'All devices were revoked.',

  confirmRevokeTitle: 'Revoke {name}?',
  confirmRevokeText:
    'The app on this device will be logged out immediately. To use the app again, connect the device again.',
  confirmOthersTitle: 'Revoke all devices except {name}?',
  confirmOthersText: 'The apps on all your other devices will be logged out immediately.',
  confirmAllTitle: 'Revoke all devices?',
  confirmAllText:
    'The apps on all your devices will be logged out immediately. To use a device again, connect it again.',
  confirm: 'Revoke',
  keep: 'Keep',
  renameTitle: 'Rename device',
  renameField: 'Name',
  renameHint: 'Up to 64 characters.',
  save: 'Save',
} as const;
