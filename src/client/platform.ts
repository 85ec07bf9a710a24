// Structural types for the platform features that the client needs, so that the client does not depend on DOM or Node
// types.
import { ClientError } from './client-error.js';

/** The members of an abort signal that the client uses. */
export interface SignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The members of a response that the client uses. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  readonly type: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  clone(): ResponseLike;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

// If the compiler knows DOM, Node or React Native types, the types below are the platform's own types. Otherwise, they
// are structural types from this file.

/** The options of the platform's fetch. */
export type PlatformInit = typeof globalThis extends { fetch(input: string, init?: infer Init): unknown }
  ? NonNullable<Init>
  : { readonly body?: string; readonly signal?: SignalLike };

/** The platform's abort signal. */
export type PlatformSignal = NonNullable<PlatformInit extends { signal?: infer Signal } ? Signal : SignalLike>;

/** The body type of the platform's fetch. */
export type PlatformBody = NonNullable<PlatformInit extends { body?: infer Body } ? Body : string>;

/** The platform's response. */
export type PlatformResponse = typeof globalThis extends { Response: { prototype: infer Response } }
  ? Response
  : ResponseLike;

/** The options that the client passes to fetch. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: PlatformBody;
  readonly redirect: 'manual';
  readonly credentials: 'omit';
  readonly cache?: 'no-store';
  readonly signal?: PlatformSignal;
}

/**
 * A `fetch` function: the platform's function, or your own function, for example with client certificates or for tests.
 */
export type FetchLike = (url: string, init: FetchInit) => Promise<ResponseLike>;

/** The members of a parsed WHATWG URL that the client uses. */
export interface UrlLike {
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly username: string;
  readonly password: string;
}

/**
 * A WHATWG `URL` class. React Native's own class is incomplete: in React Native, pass the class of
 * `react-native-url-polyfill`.
 */
export type UrlClass = new (url: string, base?: string) => UrlLike;

/** The members of Web Crypto that the client uses. Only one of the two members is required. */
export interface CryptoLike {
  randomUUID?(): string;
  // The parameter is a `Uint8Array<ArrayBuffer>` for compilers that have this type, and a plain `Uint8Array` for older
  // compilers.
  getRandomValues?(array: ReturnType<typeof Uint8Array.of>): unknown;
}

/** Waits for this number of milliseconds or until the signal aborts. Never rejects. */
export type Sleep = (milliseconds: number, signal?: SignalLike) => Promise<void>;

/** Replacements for features of the platform. Use them for tests, or if the platform lacks a feature. */
export interface PlatformOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike | undefined;
  /** Default: the global `URL`. */
  readonly URL?: UrlClass | undefined;
  /** Default: the global `crypto`. */
  readonly crypto?: CryptoLike | undefined;
  /** Default: a wait with `setTimeout`. */
  readonly sleep?: Sleep | undefined;
  /** Returns the current time in milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

interface ControllerLike {
  readonly signal: SignalLike;
  abort(): void;
}

/** The complete platform. */
export interface Platform {
  readonly fetch: FetchLike;
  readonly parseUrl: ParseUrl;
  readonly randomId: () => string;
  readonly sleep: Sleep;
  readonly now: () => number;
  readonly abortController: () => ControllerLike;
}

/** Parses a URL. Returns `undefined` if the URL is invalid. */
export type ParseUrl = (text: string, base?: string) => UrlLike | undefined;

interface Globals {
  readonly fetch?: FetchLike;
  readonly URL?: UrlClass;
  readonly crypto?: CryptoLike;
  readonly AbortController?: new () => ControllerLike;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

const globals = globalThis as unknown as Globals;

/** The options that must be functions. `URL` and `crypto` are checked separately. */
const functions: Readonly<Record<Exclude<keyof PlatformOptions, 'URL' | 'crypto'>, true>> = {
  fetch: true,
  sleep: true,
  now: true,
};

/** Returns `true` if these members of an object are functions. If `optional` is `true`, members may also be missing. */
export function hasFunctions(given: object, names: Readonly<Record<string, true>>, optional = false): boolean {
  const members = Object.keys(names).map((name): unknown => Reflect.get(given, name));
  return members.every(
    (member) => typeof member === 'function' || (optional && (member === undefined || member === null)),
  );
}

/**
 * Takes each feature from the options, or from the globals if the options do not contain it.
 * @throws {ClientError} `ERR_PLATFORM` when a feature is neither passed nor global, or when an option is not a
 * function.
 */
export function platform(options: PlatformOptions): Platform {
  if (!hasFunctions(options, functions, true)) missing();
  const fetch = options.fetch ?? globals.fetch;
  const Controller = globals.AbortController;
  if (fetch === undefined || Controller === undefined) throw new ClientError('ERR_PLATFORM');
  return {
    // `fetch` is not called as a method, because browsers refuse to run `fetch` as a method of another object.
    fetch: (url, init) => fetch(url, init),
    parseUrl: urlParser(options.URL),
    randomId: randomIds(options.crypto ?? globals.crypto),
    sleep: options.sleep ?? sleep,
    now: options.now ?? Date.now,
    abortController: () => new Controller(),
  };
}

/**
 * Returns a URL parser that uses the given class, or the global `URL` if no class is given.
 * @throws {ClientError} `ERR_PLATFORM` when there is no class, or the class does not parse origins correctly.
 */
export function urlParser(given: UrlClass | undefined): ParseUrl {
  const Url = given ?? globals.URL;
  const parse: ParseUrl = (text, base) => {
    try {
      const { href, origin, protocol, hostname, username, password } =
        Url === undefined ? missing() : new Url(text, base);
      return { href, origin, protocol, hostname, username, password };
    } catch {
      return undefined;
    }
  };
  const probe = parse('/b', 'HTTPS://u@A.example:8443/c');
  const complete = probe?.origin === 'https://a.example:8443' && probe.href === 'https://u@a.example:8443/b';
  return complete ? parse : missing();
}

function missing(): never {
  throw new ClientError('ERR_PLATFORM');
}

function randomIds(crypto: CryptoLike | undefined): () => string {
  // Browsers have `randomUUID` in secure contexts only. A weak random source must not be used as a fallback, because an
  // attacker who guesses a redemption id could request the token.
  if (typeof crypto?.randomUUID === 'function') return () => crypto.randomUUID?.() ?? missing();
  if (typeof crypto?.getRandomValues !== 'function') return missing();
  return () => {
    const bytes = new Uint8Array(16);
    crypto.getRandomValues?.(bytes);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };
}

function sleep(milliseconds: number, signal?: SignalLike): Promise<void> {
  return new Promise((resolve) => {
    const timer = globals.setTimeout(done, signal?.aborted === true ? 0 : milliseconds);
    signal?.addEventListener('abort', done);
    function done(): void {
      globals.clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
