// A minimal HTTP client that acts like a browser: it keeps cookies, but does not follow redirects.

/** A complete answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object if it is not JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Sends requests to one server, and keeps its cookies. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Posts a form, as a page of the same site does. */
  postForm(path: string, fields: Record<string, string>): Promise<Answer>;
  /** Sends JSON, as a script of the same site does. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The current `Cookie` header. */
  cookies(): string;
}

/** Creates a visitor. `jar`: holds the cookies. Visitors at several addresses can share it, as one browser does. */
export function visitor(baseUrl: string, jar: Map<string, string> = new Map()): Visitor {
  const cookies = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

  const ask = async (path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Answer> => {
    const cookie = jar.size === 0 ? {} : { cookie: cookies() };
    const response = await fetch(new URL(path, baseUrl), {
      ...init,
      redirect: 'manual',
      headers: { ...cookie, ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const text = await response.text();
    const isJson = /\bjson\b/u.test(response.headers.get('content-type') ?? '');
    const json = (isJson ? JSON.parse(text) : {}) as Answer['json'];
    return { status: response.status, headers: response.headers, text, json };
  };

  const origin = new URL(baseUrl).origin;
  return {
    cookies,
    get: (path, headers = {}) => ask(path, { headers }),
    postForm: (path, fields) =>
      ask(path, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { origin, 'sec-fetch-site': 'same-origin' },
      }),
    send: (method, path, body, headers = {}) =>
      ask(path, {
        method,
        headers: { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  };
}

/** Logs in at the portal. `groups` replaces the groups of the person. */
export async function logInAtPortal(who: Visitor, person: string, groups?: string): Promise<void> {
  const answer = await who.postForm('/sso/login', { person, return_to: '/', ...(groups !== undefined && { groups }) });
  if (answer.status !== 303) throw new Error(`The portal answered ${answer.status} to the login of ${person}.`);
}
