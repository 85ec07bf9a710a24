// The English texts of the pages for refused requests. These texts have their own table, so that other pages do not
// load them.

/** The texts of the pages for refused requests, in one language. Placeholders work as in `PageTexts`. */
export type RefusalTexts = { readonly [Key in keyof typeof refusalEnglish]: string };

/** The texts in English. */
export const refusalEnglish = {
  loginTitle: 'You are not logged in',
  loginText: 'You need to log in to open this page.',
  loginElsewhere: 'Log in where you usually log in to this site. Then open this page again.',
  cookieLostTitle: 'You are still not logged in',
  cookieLostText:
    'If you have just logged in, your browser did not send the session cookie back. Allow cookies for this site, then log in again.',
  cookieLostDoubt: 'If that does not help, tell the people who run this site.',
  disabledTitle: 'Your account is disabled',
  disabledText:
    'You cannot use this site with this account. If you think that this is a mistake, ask an administrator of this site.',
  pendingTitle: 'Your account is waiting for approval',
  pendingText: 'You can use this site as soon as an administrator has approved your account.',
  unknownTitle: 'You do not have an account here',
  unknownText: 'You are logged in, but this site has no account for you. Ask an administrator of this site to add you.',
  forbiddenTitle: 'You do not have access',
  forbiddenText:
    'Your account is not allowed to open this page. If you need access, ask an administrator of this site.',
  otherLoginTitle: 'This account needs a different login',
  otherLoginText: 'The login that you used does not work for this account. Use this account’s own login instead.',
  laterTitle: 'Try again later',
  laterText: 'The server cannot do this right now. Your account is not affected.',
  laterIn: 'Try again in {time}.',
  laterUnknown: 'Try again in a few minutes.',
  notFoundTitle: 'This page does not exist',
  notFoundText: 'The address may be misspelled, or the page may have been removed.',
  refusedTitle: 'The server refused this request',
  refusedText:
    'The server could not accept what your browser sent. If this happens again, tell the people who run this site.',
  failedTitle: 'Something went wrong',
  failedText: 'An error occurred on the server. If this happens again, tell the people who run this site.',
  logIn: 'Log in',
  logOut: 'Log out and use another account',
  tryAgain: 'Try again',
  errorCode: 'Error code: {code}',
} as const;
