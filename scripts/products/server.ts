// Starts the server in a folder, and sends requests to it as the proxy, as a phone or as a stranger.
import { join } from 'node:path';
import { type Answer, type Ask, send } from '../../test/http/client.js';
import { freePort, type RunningProcess, startProcess } from '../../test/support/processes.js';

const proxySecret = 'p'.repeat(32);

/** A server that runs. */
export interface Server {
  readonly port: number;
  readonly origin: string;
  readonly process: RunningProcess;
  /** Sends a request. A `user` is the person whom the proxy has logged in. */
  ask(path: string, what: Ask): Promise<Answer>;
  /** Returns the headers by which the proxy names this user, and the session cookie if the server has sessions. */
  proxied(user: string, groups?: string): Promise<Record<string, string>>;
}

/** How to start a server, and how its proxy and its browsers behave. */
export interface ServerOptions {
  readonly folder: string;
  /** The folder of the program `node`. */
  readonly node: string;
  readonly program: string;
  /** The path of `auth.router`. */
  readonly browser: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** A loopback port. Default: a free one. */
  readonly port?: number;
  /** Whether the proxy adds its secret. */
  readonly secret?: boolean | undefined;
  /** Whether browsers log in once, and then send a session cookie. */
  readonly sessions?: boolean | undefined;
}

/** Starts a server and waits until Latchkey answers. @throws if it does not start. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { folder, node, program, browser, environment = {}, secret = false, sessions = false } = options;
  const { port = await freePort() } = options;
  const origin = `http://127.0.0.1:${port}`;
  const process_ = await startProcess({
    program: join(node, 'node'),
    args: [program],
    folder,
    environment: {
      ...process.env,
      TOKEN_SECRET: 't'.repeat(32),
      SESSION_SECRET: 's'.repeat(32),
      MASTER_KEY: 'm'.repeat(32),
      PROXY_SECRET: proxySecret,
      ...environment,
      PORT: String(port),
      ORIGIN: origin,
    },
    answers: async () => (await send(port, `${browser}/me`, {})).status === 401,
    timeoutSeconds: 120,
  });
  const cookies = new Map<string, string>();

  async function proxied(user: string, groups = ''): Promise<Record<string, string>> {
    const asserted = {
      'Remote-User': user,
      'Remote-Groups': groups,
      ...(secret ? { 'X-Latchkey-Proxy-Secret': proxySecret } : {}),
    };
    if (!sessions) return asserted;
    const browserOf = `${user} ${groups}`;
    if (!cookies.has(browserOf)) {
      const { cookie } = await send(port, `${browser}/login`, { headers: asserted });
      if (cookie === undefined) return asserted;
      cookies.set(browserOf, cookie);
    }
    return { ...asserted, Cookie: cookies.get(browserOf) ?? '' };
  }

  async function ask(path: string, { user, groups, headers, ...what }: Ask): Promise<Answer> {
    if (user === undefined) return send(port, path, { ...what, ...(headers === undefined ? {} : { headers }) });
    return send(port, path, { ...what, headers: { ...(await proxied(user, groups)), ...headers } });
  }

  return { port, origin, process: process_, ask, proxied };
}

/** Uses a server and stops it. @throws if the use fails or the server ends; the message has what the server printed. */
export async function withOutput(server: Server, use: () => Promise<void>): Promise<void> {
  try {
    await use();
    if (!server.process.running) throw new Error('the server ended by itself');
  } catch (error) {
    const reason = error instanceof Error ? error.stack : error;
    throw new Error(`${reason}\n--- the server printed ---\n${server.process.output()}`);
  } finally {
    await server.process.stop();
  }
}
