// The requests that all variants get, as an HTTP parser passes them to Node.

/** A GET request: its target and its headers. */
export interface BenchRequest {
  readonly target: string;
  /** Names and values in turns, as in `rawHeaders` of `node:http`. */
  readonly headers: readonly string[];
}

/** A source of copies of one request. */
export interface RequestCopies {
  next(): { readonly target: string; readonly headers: string[] };
}

const fromEveryClient = [
  ...['Host', 'music.example.com', 'X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'https'],
  ...['X-Forwarded-Host', 'music.example.com', 'Accept', 'application/json', 'Accept-Encoding', 'gzip, deflate, br'],
  ...['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'],
];

/** Returns a browser's request to a guarded path, with the headers that Authelia adds. */
export function headerRequest(target: string, subject: string): BenchRequest {
  return {
    target,
    headers: [
      ...fromEveryClient,
      ...['Remote-User', subject, 'Remote-Groups', 'staff,listeners,family'],
      ...['Remote-Name', `Person ${subject}`, 'Remote-Email', `${subject}@example.com`],
    ],
  };
}

/** Returns an app's request to an unguarded path, with a bearer token. */
export function bearerRequest(target: string, token: string): BenchRequest {
  return { target, headers: [...fromEveryClient, 'Authorization', `Bearer ${token}`] };
}

/** Returns copies that share their strings. V8 has then computed the hash of each string once. */
export function constantStrings({ target, headers }: BenchRequest): RequestCopies {
  return { next: () => ({ target, headers: [...headers] }) };
}

/**
 * Returns copies whose strings are new each time, as the HTTP parser makes them from the bytes of each request. V8
 * computes the hash of a new string when the string is first used as a key.
 */
export function newStrings({ target, headers }: BenchRequest): RequestCopies {
  const texts = [target, ...headers];
  const bytes = Buffer.from(texts.join(''), 'latin1');
  let end = 0;
  const ends = texts.map((text) => {
    end += text.length;
    return end;
  });
  return {
    next() {
      let start = 0;
      const copies = ends.map((stop) => {
        const copy = bytes.toString('latin1', start, stop);
        start = stop;
        return copy;
      });
      const [first, ...rest] = copies;
      return { target: first as string, headers: rest };
    },
  };
}

/** Returns copies of several requests in turns. */
export function inTurns(sources: readonly RequestCopies[]): RequestCopies {
  let turn = -1;
  return {
    next() {
      turn = (turn + 1) % sources.length;
      return (sources[turn] as RequestCopies).next();
    },
  };
}
