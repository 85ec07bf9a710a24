// The variants that `npm run bench` compares.

/** One server and its requests. */
export interface HttpVariant {
  /** The name in the tables. */
  readonly name: string;
  /** The file and the exported function that build the server. Files that end in `.mjs` are those of peers. */
  readonly file: string;
  readonly build: string;
}

const own = './own-servers.js';

/** The server that gets the same requests as a variant, as the basis of the variant's ratio. */
export const baseline: HttpVariant = { name: 'no-op middleware', file: own, build: 'noOp' };

/** The names of the variants that targets mention. */
export const names = {
  header: 'Latchkey: header login',
  bearer: 'Latchkey: API token',
  everyRequest: 'Latchkey: header login and session (`every-request`)',
  sessionAlone: 'express-session, connect-redis',
  passportSession: 'passport-trusted-header with express-session, connect-redis',
  betterAuthSession: 'better-auth: session',
  betterAuthApiKey: 'better-auth: API key',
} as const;

/** The variants of this repository. */
export const ownVariants: readonly HttpVariant[] = [
  { name: names.header, file: own, build: 'headerLogin' },
  { name: names.bearer, file: own, build: 'bearerLogin' },
  { name: names.everyRequest, file: own, build: 'everyRequest' },
  { name: names.sessionAlone, file: own, build: 'sessionAlone' },
  { name: 'jsonwebtoken: HS256 verified each time', file: own, build: 'jsonWebToken' },
];

/** The variants whose packages are installed for the run. */
export const peerVariants: readonly HttpVariant[] = [
  { name: 'passport-trusted-header without a session', file: 'passport.mjs', build: 'withoutSession' },
  { name: names.passportSession, file: 'passport.mjs', build: 'withSession' },
  { name: names.betterAuthSession, file: 'better-auth.mjs', build: 'session' },
  { name: 'better-auth: session with cookie cache', file: 'better-auth.mjs', build: 'cookieCache' },
  { name: 'better-auth: bearer', file: 'better-auth.mjs', build: 'bearerToken' },
  { name: names.betterAuthApiKey, file: 'better-auth.mjs', build: 'apiKeys' },
  { name: 'express-openid-connect', file: 'openid-connect.mjs', build: 'encryptedCookie' },
];
