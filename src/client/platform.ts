// What the module needs of its platform, as structural types: neither DOM nor Node types need be there.
import { ClientError } from './client-error.js';

/** An abort signal, as far as it is used here. */
export interface SignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A response, as far as it is used here. */
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

interface InitLike {
  readonly body?: string;
  readonly signal?: SignalLike;
}

// With DOM, Node or React Native types these are the platform's own; without any, the ones above.
type PlatformInit = typeof globalThis extends { fetch(input: string, init?: infer Init): unknown }
  ? NonNullable<Init>
  : InitLike;

/** The platform's abort signal. */
export type PlatformSignal = NonNullable<PlatformInit extends { signal?: infer Signal } ? Signal : SignalLike>;

/** Whatever the platform's fetch takes as a body. */
export type PlatformBody = NonNullable<PlatformInit extends { body?: infer Body } ? Body : string>;

/** The platform's response. */
export type PlatformResponse = typeof globalThis extends { Response: { prototype: infer Response } }
  ? Response
  : ResponseLike;

/** What this module passes to fetch. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: PlatformBody;
  readonly redirect: 'manual';
  readonly credentials: 'omit';
  readonly cache?: 'no-store';
  readonly signal?: PlatformSignal;
}

/** A fetch: the platform's, or one with certificates, logging or tests of your own. */
export type FetchLike = (url: string, init: FetchInit) => Promise<ResponseLike>;

/** A parsed address (WHATWG URL), as far as it is used here. */
export interface UrlLike {
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly username: string;
  readonly password: string;
}

/** A WHATWG `URL` class. React Native's own is not complete: pass the one of `react-native-url-polyfill`. */
export type UrlClass = new (url: string, base?: string) => UrlLike;

// `Uint8Array<ArrayBuffer>` where the compiler knows that type, and what it was before where not.
type Bytes = ReturnType<typeof Uint8Array.of>;

/** Web Crypto, as far as it is used here: one of the two is enough. */
export interface CryptoLike {
  randomUUID?(): string;
  getRandomValues?(array: Bytes): unknown;
}

/** Waits so many milliseconds, or until the signal aborts; never rejects. */
export type Sleep = (milliseconds: number, signal?: SignalLike) => Promise<void>;

/** Replacements for what the platform lacks, or what a test wants to see. */
export interface PlatformOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike | undefined;
  /** Default: the global `URL`. */
  readonly URL?: UrlClass | undefined;
  /** Default: the global `crypto`. */
  readonly crypto?: CryptoLike | undefined;
  /** Default: a wait by `setTimeout`. */
  readonly sleep?: Sleep | undefined;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

interface ControllerLike {
  readonly signal: SignalLike;
  abort(): void;
}

/** The platform, complete. */
export interface Platform {
  readonly fetch: FetchLike;
  readonly parseUrl: ParseUrl;
  readonly randomId: () => string;
  readonly sleep: Sleep;
  readonly now: () => number;
  readonly abortController: () => ControllerLike;
}

/** Parses an address; `undefined`: it is none. */
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

/**
 * Completes the options by what is global.
 * @throws ERR_PLATFORM if something is neither passed nor global.
 */
export function platform(options: PlatformOptions): Platform {
  const fetch = options.fetch ?? globals.fetch;
  const Controller = globals.AbortController;
  if (fetch === undefined || Controller === undefined) throw new ClientError('ERR_PLATFORM');
  return {
    // Called without a receiver: browsers refuse a fetch that is called as another object's method.
    fetch: (url, init) => fetch(url, init),
    parseUrl: urlParser(options.URL),
    randomId: randomIds(options.crypto ?? globals.crypto),
    sleep: options.sleep ?? sleep,
    now: options.now ?? Date.now,
    abortController: () => new Controller(),
  };
}

/**
 * A parser by this class, or by the global one.
 * @throws ERR_PLATFORM if there is none, or only one that can't tell origins apart.
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
  // Browsers have randomUUID in secure contexts only. A guessable id would hand a lost token to others: no fallback.
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
