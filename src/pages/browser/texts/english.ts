// Every sentence that people read, in one table. English is the table that the others must match; it lies with
// the browser code because both sides need its type.
import type { AdminTexts } from './admin-english.js';
import type { PluralText } from './plural-text.js';

type Widened<Text> = Text extends string ? string : Text extends readonly string[] ? readonly string[] : PluralText;

/**
 * The texts of the pages in one language. `{…}` marks what the browser fills in, always as text; a translation keeps
 * these marks and may put them elsewhere in the sentence.
 */
export type PageTexts = {
  readonly [Key in keyof typeof english]: Key extends 'direction' ? 'ltr' | 'rtl' : Widened<(typeof english)[Key]>;
} & {
  /** The texts of the page `admin`. Absent: that page comes as Latchkey ships it, in this language or in English. */
  readonly admin?: AdminTexts;
};

/** The texts in English. */
export const english = {
  /** A language tag (BCP 47). */
  language: 'en',
  direction: 'ltr',
  brand: 'Quick connect',

  title: 'Connect a device',
  lead: 'Use an app with your account, without typing your password into it.',
  otherWay: 'Does the device itself show a code?',
  otherWayLink: 'Enter it here',
  activateTitle: 'Enter the code of a device',
  activateLead: 'Let a television, a loudspeaker or an app use your account, without typing your password into it.',
  activateOtherWay: 'Does the app ask you for a code?',
  activateOtherWayLink: 'Get one here',
  loggedInAs: 'Logged in as {name}',
  logOut: 'Log out',
  needsScript: 'This page needs JavaScript to talk to the server and to tell you when your device has connected.',

  loadingTitle: 'One moment',
  loadingText: 'Looking up who you are…',

  idleTitle: 'Ready when you are',
  idleSteps: [
    'Open the app on your phone or tablet and choose “Quick connect”.',
    'Get a code here, then scan it or type it into the app.',
    'This page tells you the moment the device is connected.',
  ],
  connect: 'Connect a device',

  openTitle: 'Scan or type this code',
  qrAlt: 'QR code for the app to scan',
  qrHint: 'Scan with the app',
  qrFailed: 'The QR code could not be loaded. Type the code instead.',
  codeLabel: 'Or type it into the app',
  codeRotates: 'New code in {time}',
  codeRefreshing: 'Getting a new code…',
  codeRotated: 'There is a new code.',
  codeReady: 'Your code is ready.',
  waiting: 'Waiting for your device. {time} left.',
  sameDevice: 'Open in the app on this device',
  warningTitle: 'Keep this code to yourself.',
  warning:
    'Only type this code into an app that you started yourself. Whoever uses it gets into your account. Nobody will ever need you to read it out or send it to them.',
  cancel: 'Cancel',
  concealedTitle: 'The code is hidden',
  concealedText: 'It hides when you leave this tab and after five minutes in which nobody touched the page.',
  concealed: 'The code is hidden. The button “Show again” brings it back.',
  reveal: 'Show again',

  claimTitle: 'Is this your device?',
  claimText: 'It has used your code and asks to be let into your account.',
  claimArrived: 'A device asks to be let in: {name}. Approve or deny it on this page.',
  claimDevice: 'Device',
  claimApp: 'App',
  claimPlatform: 'Platform',
  claimAddress: 'Address',
  claimAge: 'Asked',
  claimUnknown: 'not said',
  claimOwnWords: 'Device, app and platform are what the app says about itself.',
  claimWarningTitle: 'Did you not start this yourself? Then deny it.',
  claimWarning:
    'Only approve a device that you have in front of you, and take the number from its screen. Whoever tells you a number, or asks you to approve, wants to get into your account.',
  matchLabel: 'Number that the app shows',
  matchHint: 'Two digits, on the screen of the device.',
  matchMissing: 'Type the two digits that the app shows.',
  matchWrong: 'That is not the number that the app shows.',
  triesLeft: { one: 'One try left.', other: '{count} tries left.' },
  approve: 'Approve',
  deny: 'Deny',
  decideLeft: '{time} left to decide.',
  approvedTitle: 'Approved: {name}',
  approvedText: 'Waiting for the app to collect its access. Leave it open; this takes a few seconds.',
  approvedLeft: 'Waiting for the app. {time} left.',

  enterTitle: 'Which code does the device show?',
  userCodeLabel: 'Code on the device',
  userCodeHint: 'Eight letters, such as {example}. Capitals and dashes do not matter.',
  userCodeMalformed: 'A code has eight letters, and no vowels or digits. Compare it with the device.',
  userCodeUnknown: 'No device waits with this code. Compare it with the device, or let the device show a new one.',
  lookUp: 'Continue',
  decideText: 'It shows the code {code} and asks to be let into your account.',
  decideWarningTitle: 'Did somebody send you this code? Then deny it.',
  decideWarning:
    'Only approve a device that you have in front of you and that shows this very code. Whoever sends you a code, by message, mail or phone, wants to get into your account with a device of their own.',
  anotherCode: 'Enter another code',
  deviceApprovedText: 'Waiting for the device to connect. Leave it switched on; this takes a few seconds.',
  deviceApprovedLeft: 'Waiting for the device. {time} left.',

  connectedTitle: 'Connected: {name}',
  connectedText: 'This device can now use your account. You can take that back whenever you like.',
  connectedDoubt: 'Not your device? Revoke it right away.',
  revokeNow: 'Revoke this device',
  connectAnother: 'Connect another device',
  unnamedDevice: 'Unnamed device',

  revokedTitle: '{name} is revoked',
  revokedText: 'It has no access to your account any more.',

  deniedTitle: 'Denied',
  deniedText: 'The device was not let in. If you did not start it yourself, somebody else has seen your code.',
  mismatchedTitle: 'Denied after three wrong numbers',
  mismatchedText: 'The device was not let in. To try again, get a new code and read the number from the app.',
  expiredTitle: 'The code has expired',
  expiredText: 'No device finished in time. Nothing was connected.',
  burnedTitle: 'The code was blocked',
  burnedText: 'A wrong code was entered too often, so this one was blocked for your safety. Nothing was connected.',
  replayedTitle: 'The code was used twice',
  replayedText:
    'A second device tried the same code, so the connection was undone and the first device was revoked. If you did not do this yourself, somebody else has seen your code.',
  cancelledTitle: 'Cancelled',
  cancelledText: 'The code does not work any more. Nothing was connected.',
  goneTitle: 'This code is gone',
  goneText: 'The server no longer knows it. Nothing was connected with it unless a new device is listed below.',
  newCode: 'Get a new code',
  deviceDeniedText: 'The device was not let in. Whoever started it reads that you said no.',
  overTitle: 'This code does not work any more',
  overText: 'It has expired, or it was decided already. The device can show a new one.',

  loginTitle: 'You are not logged in',
  loginText: 'Your login may have ended. Log in again to connect a device or to manage your devices.',
  logIn: 'Log in',
  cookieLostTitle: 'Your login did not reach this page',
  cookieLostText: 'The server logged you in, but your browser did not send back the cookie that says so.',
  cookieLostBrowser: 'If your browser blocks cookies, allow them for this site and log in again.',
  cookieLostServer:
    'Otherwise the server is set up wrongly. Tell the people who run it: the session cookie may be for HTTPS only while the server does not know that this page comes by HTTPS (“trust proxy”), or it may be for another address.',
  stillInTitle: 'You are not logged out yet',
  stillInText:
    'This site uses the login of your organization, and that login goes on: whoever opens this site in this browser is logged in as you again. To end it, log out where you logged in.',
  loggedOutTitle: 'You are logged out',
  loggedOutText: 'Your connected devices stay connected.',

  offline: 'You seem to be offline. This page goes on as soon as the connection is back.',
  unavailable: 'The server cannot do this at the moment. Nothing is lost; please try again shortly.',
  limit: 'You have too many open codes. Use or cancel one of them, or wait a few minutes.',
  throttled: 'There were too many attempts. Please wait a few minutes.',
  throttledFor: 'There were too many attempts. Please try again in {time}.',
  unexpected: 'That did not work.',
  refused: 'That was refused: {reason}.',
  tryAgain: 'Try again',

  devicesTitle: 'Your devices',
  devicesLoading: 'Loading your devices…',
  devicesEmpty: 'No device is connected yet.',
  devicesFailed: 'Your devices could not be loaded.',
  pairedByCode: 'Connected by code on {date}',
  pairedByQr: 'Connected by QR code on {date}',
  pairedByUserCode: 'Connected by device code on {date}',
  ends: 'Ends on {date}',
  ended: 'Ended on {date}',
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
  deviceRevoked: '{name} is revoked.',
  othersRevoked: 'All other devices are revoked.',
  allRevoked: 'All devices are revoked.',

  confirmRevokeTitle: 'Revoke {name}?',
  confirmRevokeText: 'The app on this device is logged out at once. To use it again, connect it again.',
  confirmOthersTitle: 'Revoke all devices except {name}?',
  confirmOthersText: 'The apps on all your other devices are logged out at once.',
  confirmAllTitle: 'Revoke all devices?',
  confirmAllText: 'The apps on all your devices are logged out at once. To use one again, connect it again.',
  confirm: 'Revoke',
  keep: 'Keep',
  renameTitle: 'Rename device',
  renameField: 'Name',
  renameHint: 'Up to 64 characters.',
  save: 'Save',
} as const;
