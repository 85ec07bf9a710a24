// The program of the load: connections that send requests by header without a pause.
import { Agent, get } from 'node:http';

/** The settings of the program, in the environment variable `LATCHKEY_LOAD`. */
export interface LoadSettings {
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Connections to each server. */
  readonly connections: number;
}

/** Sends one request and reads the answer to its end. */
function request(url: string, headers: LoadSettings['headers'], agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}/auth/me`, { headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function run({ urls, headers, connections }: LoadSettings): Promise<void> {
  let answers = 0;
  const began = performance.now();
  process.once('SIGTERM', () => {
    process.stdout.write(`${JSON.stringify({ perSecond: (answers * 1000) / (performance.now() - began) })}\n`, () =>
      process.exit(0),
    );
  });
  const agent = new Agent({ keepAlive: true });
  const connection = async (url: string): Promise<never> => {
    for (;;) {
      const status = await request(url, headers, agent);
      if (status !== 200) throw new Error(`The load got status ${status}`);
      answers += 1;
    }
  };
  process.stdout.write('ready\n');
  await Promise.all(urls.flatMap((url) => Array.from({ length: connections }, () => connection(url))));
}

const given = process.env['LATCHKEY_LOAD'];
if (given !== undefined) await run(JSON.parse(given) as LoadSettings);
