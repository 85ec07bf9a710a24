// Starts a real nginx on a free port with the caller's configuration.
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { runScan } from './log-scan.js';
import { freePort, startProcess, temporaryFolder } from './processes.js';

/** A running nginx. */
export interface Nginx {
  readonly port: number;
  readonly url: string;
  /** The text of its error log so far. */
  errors(): Promise<string>;
  stop(): Promise<void>;
}

/** Fills in the configuration template that the compose file uses, too. Every `${LATCHKEY_…}` needs a value. */
export async function filledTemplate(values: Readonly<Record<string, string>>): Promise<string> {
  // This module runs from dist/test/support.
  const template = new URL('../../../scripts/nginx/latchkey.conf.template', import.meta.url);
  const text = (await readFile(template, 'utf8')).replace(/^\s*#.*$/gmu, '');
  return text.replace(/\$\{(\w+)\}/gu, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The nginx template needs ${name}.`);
    return value;
  });
}

/**
 * Starts nginx with the content of its `http` block, and waits until it accepts connections.
 * @throws if nginx is missing or refuses the configuration; the message says why.
 */
export async function startNginx(http: (listen: string) => string | Promise<string>): Promise<Nginx> {
  const folder = await temporaryFolder('nginx');
  const port = await freePort();
  const log = join(folder.path, 'error.log');
  const requests = join(folder.path, 'access.log');
  const lines = [
    // One process, so that a signal stops all of nginx.
    'daemon off; master_process off;',
    `pid ${folder.path}/nginx.pid; error_log ${log};`,
    'events { worker_connections 256; }',
    `http { access_log ${requests} combined;`,
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder.path}/${kind};`),
    await http(`127.0.0.1:${port}`),
    '}',
  ];
  await writeFile(join(folder.path, 'nginx.conf'), lines.join('\n'));

  try {
    const running = await startProcess({
      program: 'nginx',
      args: ['-p', folder.path, '-c', 'nginx.conf', '-e', 'stderr'],
      // On Debian, a user's PATH does not include sbin.
      environment: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
      answers: () => accepts(port),
    });
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      errors: () => readFile(log, 'utf8'),
      async stop() {
        await running.stop();
        runScan.read('nginx access', await readFile(requests, 'utf8'));
        runScan.read('nginx errors', await readFile(log, 'utf8'));
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
