// Starts a real Caddy on a free port with the caller's sites.
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort, startProcess, temporaryFolder } from './processes.js';

/** A running Caddy. */
export interface Caddy {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts Caddy with the sites of a Caddyfile, and waits until it accepts connections. `sites` gets the address to
 * listen on, for plain HTTP.
 * @throws if Caddy is missing or refuses the configuration; the message says why.
 */
export async function startCaddy(sites: (address: string) => string): Promise<Caddy> {
  const folder = await temporaryFolder('caddy');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder.path, 'Caddyfile');
  // Without the admin endpoint, whose port is the same for every Caddy.
  await writeFile(file, `{\n  admin off\n  auto_https off\n}\n${sites(url)}`);
  try {
    const running = await startProcess({
      program: 'caddy',
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      // Caddy keeps its last configuration in its home folder.
      environment: { PATH: process.env['PATH'], HOME: folder.path },
      answers: () => accepts(port),
    });
    return {
      port,
      url,
      async stop() {
        await running.stop();
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', (failed) => resolve(!failed));
  });
}
