// test/support: a real nginx on a free port, with a configuration of the caller's.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A running nginx. */
export interface Nginx {
  readonly port: number;
  readonly url: string;
  /** What it has logged as errors so far. */
  errors(): Promise<string>;
  stop(): Promise<void>;
}

// A user's PATH has no sbin on Debian.
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** The configuration template that the compose file uses, too, filled in. Every `${LATCHKEY_…}` must be given. */
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
 * Starts nginx with what belongs into its `http` block, and waits until it accepts connections.
 * @throws where nginx is missing, or the configuration is refused; the message says why.
 */
export async function startNginx(http: (listen: string) => string | Promise<string>): Promise<Nginx> {
  if (spawnSync('nginx', ['-v'], { env: { PATH: path } }).error !== undefined) {
    throw new Error('nginx is missing: run: sh scripts/install-services.sh');
  }
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const text = [
    // As root it would otherwise work as a user who may not write into the folder.
    process.getuid?.() === 0 ? 'user root;' : '',
    'daemon off; worker_processes 1;',
    `pid ${folder}/nginx.pid; error_log ${folder}/error.log notice;`,
    'events { worker_connections 256; }',
    'http { access_log off;',
    ...temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`),
    await http(`127.0.0.1:${port}`),
    '}',
  ].join('\n');
  await writeFile(join(folder, 'nginx.conf'), text);

  const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', `${folder}/error.log`], {
    env: { PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaints += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const errors = (): Promise<string> => readFile(join(folder, 'error.log'), 'utf8').catch(() => '');

  // A test run that is cut short takes nginx with it.
  const killed = (): void => void child.kill('SIGTERM');
  process.once('exit', killed);

  const stop = async (): Promise<void> => {
    process.off('exit', killed);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };

  try {
    await accepting(port, child);
  } catch (error) {
    const log = `${complaints}\n${await errors()}`;
    await stop();
    throw new Error(`nginx did not start: ${log}`, { cause: error });
  }
  return { port, url: `http://127.0.0.1:${port}`, errors, stop };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
    const connected = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.end());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It accepts no connections.');
}
