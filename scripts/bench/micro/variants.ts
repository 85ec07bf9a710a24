// The variants of `npm run bench:micro`: requests to an app with Latchkey, and the same requests to an app without.
import express, { type Express } from 'express';
import session from 'express-session';
import { memoryDirectory, memoryState } from '../../../src/index.js';
import { benchLatchkey, latchkeyHost, paths, plainHost } from '../hosts.js';
import { addPeople } from '../people.js';
import {
  type BenchRequest,
  bearerRequest,
  constantStrings,
  headerRequest,
  inTurns,
  newStrings,
  type RequestCopies,
} from '../requests.js';
import { type Exchange, exchange } from './exchange.js';

declare module 'express-session' {
  interface SessionData {
    visited?: boolean | undefined;
  }
}

/** One kind of request to one app. */
export interface MicroVariant {
  readonly name: string;
  /** The variant with the same requests to the app without Latchkey. Absent in that variant itself. */
  readonly baseline?: string;
  readonly exchange: Exchange;
  readonly copies: RequestCopies;
}

const peopleCount = 100;
const strings = { 'new strings': newStrings, 'constant strings': constantStrings };

/** What the variants share. */
export interface MicroVariants {
  readonly variants: readonly MicroVariant[];
  close(): Promise<void>;
}

/**
 * Creates all variants, and sends each request once, so that all values are in memory.
 *
 * @throws {Error} if two variants of the same request have different responses
 */
export async function microVariants(): Promise<MicroVariants> {
  const stores = { directory: memoryDirectory(), state: memoryState() };
  const auth = benchLatchkey(stores);
  const withSessions = benchLatchkey({ ...stores, session: 'every-request' });
  const people = await addPeople(stores.directory, peopleCount);
  const plain = exchange(plainHost(auth));
  const latchkey = exchange(latchkeyHost(auth));
  const header = people.map(({ subject }) => headerRequest(paths.guarded, subject));
  const bearer = people.map(({ token }) => bearerRequest(paths.unguarded, token));
  const sessionAlone = exchange(plainHost(auth, sessionHost()));
  const everyRequest = exchange(latchkeyHost(withSessions, sessionHost()));
  const [aloneRequests, everyRequests] = [await logIn(sessionAlone, header), await logIn(everyRequest, header)];

  const variants: MicroVariant[] = [];
  for (const [kind, copy] of Object.entries(strings)) {
    const add = async (of: Compared): Promise<void> => {
      const [base, own] = [inTurns(of.baseRequests.map(copy)), inTurns(of.requests.map(copy))];
      const baseline = `${of.baseline}, ${kind}`;
      variants.push({ name: baseline, exchange: of.base, copies: base });
      variants.push({ name: `${of.name}, ${kind}`, baseline, exchange: of.own, copies: own });
      for (let index = 0; index < peopleCount; index += 1) await requireSameResponses(of, base, own);
    };
    const apps = { base: plain, own: latchkey };
    await add({
      ...{ name: 'header login', baseline: 'no-op, header request', ...apps },
      ...{ requests: header, baseRequests: header },
    });
    await add({
      ...{ name: 'bearer login', baseline: 'no-op, bearer request', ...apps },
      ...{ requests: bearer, baseRequests: bearer },
    });
    await add({
      ...{
        name: 'header login in a session',
        baseline: 'express-session alone',
        base: sessionAlone,
        own: everyRequest,
      },
      ...{ requests: everyRequests, baseRequests: aloneRequests },
    });
  }
  return { variants, close: async () => void (await Promise.all([auth.close(), withSessions.close()])) };
}

/** Two variants that are compared. */
interface Compared {
  readonly name: string;
  readonly own: Exchange;
  readonly requests: readonly BenchRequest[];
  readonly baseline: string;
  readonly base: Exchange;
  readonly baseRequests: readonly BenchRequest[];
}

async function requireSameResponses({ own, base }: Compared, baseCopies: RequestCopies, copies: RequestCopies) {
  const [plain, ours] = [await base.response(baseCopies), await own.response(copies)].map(withoutDate);
  if (plain !== ours) throw new Error(`The responses differ:\n${plain}\n${ours}`);
}

function withoutDate(response: string): string {
  return response.replace(/^Date: .*\r\n/m, '');
}

/** Returns an app with express-session and its store in memory. */
function sessionHost(): Express {
  const app = express();
  app.use(session({ secret: 'a secret of the benchmarks', resave: false, saveUninitialized: false }));
  app.use((req, _res, next) => {
    if (req.headers.cookie === undefined) req.session.visited = true;
    next();
  });
  return app;
}

/** Starts a session for each request, and returns the requests with the cookies. */
async function logIn({ response }: Exchange, requests: readonly BenchRequest[]): Promise<readonly BenchRequest[]> {
  const withCookies: BenchRequest[] = [];
  for (const { target, headers } of requests) {
    const [, cookie] = /^Set-Cookie: ([^;]+)/m.exec(await response(constantStrings({ target, headers }))) ?? [];
    if (cookie === undefined) throw new Error('express-session has set no cookie');
    withCookies.push({ target, headers: [...headers, 'Cookie', cookie] });
  }
  return withCookies;
}
