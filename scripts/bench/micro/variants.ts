// The variants of `npm run bench:micro`: requests to an app with Latchkey, and the same requests to an app without.
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

/** One kind of request to one app. */
export interface MicroVariant {
  readonly name: string;
  /** The variant with the same requests to the app without Latchkey. Absent in that variant itself. */
  readonly baseline?: string;
  readonly exchange: Exchange;
  readonly copies: RequestCopies;
}

const peopleCount = 100;

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
  const directory = memoryDirectory();
  const auth = benchLatchkey({ directory, state: memoryState() });
  const people = await addPeople(directory, peopleCount);
  const apps = { plain: exchange(plainHost(auth)), latchkey: exchange(latchkeyHost(auth)) };
  const kinds: Readonly<Record<'header' | 'bearer', readonly BenchRequest[]>> = {
    header: people.map(({ subject }) => headerRequest(paths.guarded, subject)),
    bearer: people.map(({ token }) => bearerRequest(paths.unguarded, token)),
  };
  const variants: MicroVariant[] = [];
  for (const [kind, requests] of Object.entries(kinds)) {
    const sources = { 'new strings': newStrings, 'constant strings': constantStrings };
    for (const [strings, source] of Object.entries(sources)) {
      const copies = inTurns(requests.map(source));
      const baseline = `no-op, ${kind} request, ${strings}`;
      const name = `${kind} login, ${strings}`;
      variants.push({ name: baseline, exchange: apps.plain, copies });
      variants.push({ name, baseline, exchange: apps.latchkey, copies });
      await requireSameResponses(copies);
    }
  }

  async function requireSameResponses(copies: RequestCopies): Promise<void> {
    for (let index = 0; index < peopleCount; index += 1) {
      const [plain, ours] = [await apps.plain.response(copies), await apps.latchkey.response(copies)];
      if (withoutDate(plain) !== withoutDate(ours)) throw new Error(`The responses differ:\n${plain}\n${ours}`);
    }
  }

  return { variants, close: () => auth.close() };
}

function withoutDate(response: string): string {
  return response.replace(/^Date: .*\r\n/m, '');
}
