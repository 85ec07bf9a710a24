// Finds an address at which the server answers: the issuer's own address, or one of the addresses that the app lists.
import type { AuthorizationServerMetadata } from '../vocabulary/wire/token-json.js';
import type { Unchecked } from '../vocabulary/wire/unchecked.js';
import { ClientError } from './client-error.js';
import { checkedIssuer } from './issuer.js';
import type { Platform, PlatformSignal, SignalLike } from './platform.js';
import { refuseRedirect } from './token-endpoint.js';

/** The addresses of one server. All methods take and return origins. */
export interface Addresses {
  /** Returns the origin that answered last, or `undefined` if its answer is older than 60 seconds. */
  current(issuer: string): string | undefined;
  /** Returns `true` if the client may send the token of this issuer to this origin. */
  owns(origin: string, issuer: string): boolean;
  /**
   * Returns the origin that answered in the last 60 seconds. If there is none, returns the first origin whose server
   * names this issuer. If no server names this issuer, returns the issuer's own origin. Never rejects.
   */
  find(issuer: string): Promise<string>;
  /** Stops using this origin for 60 seconds. Returns `true` if there is another origin to try. */
  avoid(origin: string, issuer: string): boolean;
  /** Returns the issuer's own origin. Only an answer from this origin can end the connection. */
  own(issuer: string): string;
  /** Returns the URL of an endpoint of the issuer at this origin. */
  endpoint(origin: string, issuer: string, path: string): string;
}

/** The number of seconds for which the client remembers that an address answered or failed. */
const rememberedSeconds = 60;

/**
 * Creates the service for these addresses.
 * @throws {ClientError} `ERR_ISSUER_INSECURE` when one of the addresses is not the origin of an https URL.
 */
export function addresses(
  given: readonly string[] | undefined,
  { fetch, parseUrl, now, sleep, abortController }: Platform,
  timeoutSeconds: number,
): Addresses {
  const listed = (Array.isArray(given ?? []) ? (given ?? []) : ['']).map((text) => {
    const origin = checkedIssuer(text, parseUrl);
    if (parseUrl(text)?.origin !== origin) throw new ClientError('ERR_ISSUER_INSECURE');
    return origin;
  });
  const avoided = new Map<string, number>();
  let remembered: { readonly origin: string; readonly issuer: string; readonly at: number } | undefined;
  let finding: { readonly issuer: string; readonly origin: Promise<string> } | undefined;

  function isRecent(at: number | undefined): boolean {
    const since = now() - (at ?? Number.NEGATIVE_INFINITY);
    return since >= 0 && since < rememberedSeconds * 1000;
  }

  function own(issuer: string): string {
    return parseUrl(issuer)?.origin ?? '';
  }

  function all(issuer: string): readonly string[] {
    return [...new Set([...listed, own(issuer)])];
  }

  function endpoint(origin: string, issuer: string, path: string): string {
    return `${origin}${issuer.slice(own(issuer).length)}/${path}`;
  }

  /** Returns `true` if the server at this origin names this issuer. The request contains no token. */
  async function isServer(origin: string, issuer: string, signal: SignalLike): Promise<boolean> {
    const response = await fetch(endpoint(origin, issuer, '.well-known/oauth-authorization-server'), {
      method: 'GET',
      headers: { Accept: 'application/json' },
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      signal: signal as PlatformSignal,
    });
    refuseRedirect(response, origin, parseUrl);
    const body: unknown = response.status === 200 ? await response.json() : undefined;
    const { issuer: named }: Unchecked<AuthorizationServerMetadata> = body ?? {};
    return typeof named === 'string' && named.replace(/\/$/, '') === issuer;
  }

  /** Queries all addresses at the same time, because an address in another network might never answer. */
  function firstAnswer(origins: readonly string[], issuer: string): Promise<string | undefined> {
    const work = abortController();
    return new Promise<string | undefined>((resolve) => {
      let open = origins.length;
      const ended = () => {
        open--;
        if (open === 0) resolve(undefined);
      };
      for (const origin of origins) {
        isServer(origin, issuer, work.signal).then((is) => (is ? resolve(origin) : ended()), ended);
      }
      sleep(timeoutSeconds * 1000, work.signal).then(() => resolve(undefined), ended);
    }).finally(() => work.abort());
  }

  async function search(issuer: string): Promise<string> {
    const origins = all(issuer).filter((origin) => !isRecent(avoided.get(origin)));
    const others = origins.some((origin) => origin !== own(issuer));
    const origin = others ? await firstAnswer(origins, issuer) : undefined;
    if (origin === undefined) {
      // No address answered. The client does not query these addresses again for 60 seconds. So if a call then fails at
      // the issuer's own address as well, the call ends at once.
      for (const other of origins) if (other !== own(issuer)) avoided.set(other, now());
      return own(issuer);
    }
    remembered = { origin, issuer, at: now() };
    return origin;
  }

  function current(issuer: string): string | undefined {
    return remembered?.issuer === issuer && isRecent(remembered.at) ? remembered.origin : undefined;
  }

  return {
    current,
    own,
    endpoint,
    owns: (origin, issuer) => all(issuer).includes(origin),

    find(issuer) {
      const known = current(issuer);
      if (known !== undefined) return Promise.resolve(known);
      if (finding?.issuer === issuer) return finding.origin;
      const begun = { issuer, origin: search(issuer) };
      finding = begun;
      return begun.origin.finally(() => {
        if (finding === begun) finding = undefined;
      });
    },

    avoid(origin, issuer) {
      if (remembered?.origin === origin) remembered = undefined;
      avoided.set(origin, now());
      const left = all(issuer).filter((other) => !isRecent(avoided.get(other)));
      // If all addresses have failed, the next call queries all of them again.
      if (left.length === 0) avoided.clear();
      return left.length > 0;
    },
  };
}
