// Starts the servers and the load generator as child processes, each on its core.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BenchRequest } from '../requests.js';

/** What a server needs to start. */
export interface ServerSettings {
  /** The path of the file that builds the server, absolute or relative to server.js. */
  readonly file: string;
  readonly build: string;
  readonly postgres: { readonly port: number; readonly database: string };
  /** The port of a Redis that no other server uses. */
  readonly redis: number;
}

/** The first message of a server. */
export interface Ready {
  readonly port: number;
  readonly requests: readonly BenchRequest[];
}

/** The message of a server after each question: what its process has used since its start. */
export interface Usage {
  readonly cpuMicroseconds: number;
  readonly statements: number;
}

/** A child process that answers each message with one message. */
export interface Child {
  /** @throws {Error} if the process ends instead of answering */
  ask(question: unknown): Promise<unknown>;
  /** Waits for the first message. @throws {Error} if the process ends first */
  ready(): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a Node program.
 *
 * @param core the core that the process may use, or `undefined` for all cores
 */
export function startChild(program: string, core: number | undefined, environment: NodeJS.ProcessEnv = {}): Child {
  const node = [process.execPath, program];
  const command = core === undefined ? node : ['taskset', '--cpu-list', String(core), ...node];
  const child: ChildProcess = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

  async function message(): Promise<unknown> {
    const cancel = new AbortController();
    const { signal } = cancel;
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${program} ended with code ${code}`);
    });
    try {
      return (await Promise.race([once(child, 'message', { signal }), ended]))[0];
    } finally {
      cancel.abort();
      ended.catch(() => {});
    }
  }

  return {
    ready: message,
    ask(question) {
      child.send(question as object);
      return message();
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
