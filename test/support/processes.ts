// Starts real servers for tests, on free ports, with temporary folders. No server outlives this process.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runScan } from './log-scan.js';
import { violationReader } from './openapi/violations.js';

/**
 * Below the ephemeral ports of systems, which start at 32768: a system may give one of those to a connection of another
 * test file after it was found free and before a server listens on it.
 */
const ports = { first: 20_000, last: 31_999 };

/** A loopback port that is free now, and that no other test process gets while this one runs. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(ports.first, ports.last + 1);
    if (!(await claim(port))) continue;
    const server = createServer();
    if (!(await bound(server, () => server.listen(port, '127.0.0.1')))) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Claims a port by its UDP port, which no server here uses. The claim ends with the process, however that ends. */
async function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  return bound(socket, () => socket.bind({ address: '127.0.0.1', port, exclusive: true }));
}

function bound(socket: EventEmitter, bind: () => void): Promise<boolean> {
  const done = new Promise<boolean>((resolve) => {
    socket.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  bind();
  return done;
}

/** A new folder in the system's temporary folder. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Creates an empty folder that only its owner can read. */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `latchkey-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Waits until the condition holds, and checks it every few milliseconds. The timeout error names `what`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutSeconds: number = 30,
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutSeconds} seconds in vain: ${what}`);
    }
    await pause(5);
  }
}

/** A program that a test started. */
export interface RunningProcess {
  readonly pid: number;
  /** Its output and its error output so far. */
  output(): string;
  readonly running: boolean;
  /** Its exit code, or `null` if it still runs or a signal ended it. */
  readonly exitCode: number | null;
  /** Sends a signal to this process only. */
  signal(name: NodeJS.Signals): void;
  /** Ends it and waits until it has exited. Default signal: SIGTERM, and SIGKILL after 5 seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The program to start, and how to tell that it is ready. */
export interface ProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Called repeatedly until it resolves with true. A rejection counts as false. Gets the process id. */
  readonly answers: (pid: number) => Promise<boolean>;
  readonly timeoutSeconds?: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly folder?: string;
  readonly uid?: number;
  readonly gid?: number;
}

const started = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of started) {
    child.kill('SIGKILL');
  }
});

/**
 * Starts a program and waits until it answers.
 * @throws if it ends or does not answer in time; the message contains its output.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { program, args, answers, timeoutSeconds = 50, environment, folder, uid, gid } = options;
  let output = '';
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(environment === undefined ? {} : { env: environment }),
    ...(folder === undefined ? {} : { cwd: folder }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  const collect = (chunk: Buffer): void => {
    const text = chunk.toString();
    output += text;
    // Not at each line, because copying takes time.
    if (output.length > 200_000) output = output.slice(-100_000);
    runScan.read(basename(program), text);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const readViolations = violationReader();
  child.stderr.on('data', (chunk: Buffer) => readViolations(chunk.toString()));
  let failure: NodeJS.ErrnoException | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  started.add(child);
  // Whether the program has answered and no test has ended it yet.
  let awaited = false;
  child.once('exit', (code, signal) => {
    started.delete(child);
    // Tests also end Node programs by their process ids, and programs that refuse to start exit by themselves.
    if (!awaited || signal === 'SIGKILL' || signal === 'SIGTERM' || program === process.execPath) return;
    const tail = output.slice(-4000);
    process.stderr.write(`\n${program} ended by itself (${signal ?? code}). Its last output:\n${tail}\n`);
  });

  const running = (): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

  function send(signal: NodeJS.Signals): void {
    awaited &&= signal === 'SIGSTOP' || signal === 'SIGCONT' || signal === 'SIGHUP';
    child.kill(signal);
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!running()) {
      return;
    }
    const gone = once(child, 'exit');
    send(signal);
    // A suspended process (SIGSTOP) handles SIGTERM only when it continues, but SIGKILL at once.
    const impatience = setTimeout(() => child.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(impatience);
  }

  try {
    await until(
      `${program} answers`,
      async () => {
        if (failure !== undefined) {
          throw failure;
        }
        if (child.pid === undefined) {
          return false;
        }
        if (!running()) {
          throw new Error(`${program} ended at once`);
        }
        return answers(child.pid).catch(() => false);
      },
      timeoutSeconds,
    );
  } catch (error) {
    await stop('SIGKILL');
    if (failure?.code === 'ENOENT') {
      throw new Error(`${program} is missing; to install what the tests need, run: sh scripts/install-services.sh`);
    }
    throw new Error(`${error instanceof Error ? error.message : error}\n${output}`);
  }

  awaited = true;
  return {
    pid: child.pid as number,
    output: () => output,
    get running() {
      return running();
    },
    get exitCode() {
      return child.exitCode;
    },
    signal: send,
    stop,
  };
}
