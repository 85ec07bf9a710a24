// A WebSocket, and how it ended.
import { WebSocket } from 'ws';
import { until } from '../support/processes.js';

/** What a WebSocket did so far. */
export interface Connected {
  readonly messages: readonly string[];
  readonly webSocket: WebSocket;
  readonly open: boolean;
  /** The HTTP status of a refused handshake, or the close code. */
  ended(): number | undefined;
}

/** Opens a WebSocket with these headers. */
export function connected(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  protocols: readonly string[] = [],
): Connected {
  const messages: string[] = [];
  let ended: number | undefined;
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...protocols], { headers });
  webSocket.on('message', (data) => messages.push(String(data)));
  webSocket.on('unexpected-response', (_req, response) => {
    ended = response.statusCode;
    response.resume();
    webSocket.terminate();
  });
  webSocket.on('error', () => {});
  webSocket.on('close', (code) => {
    ended ??= code;
  });
  return {
    messages,
    webSocket,
    get open() {
      return webSocket.readyState === WebSocket.OPEN;
    },
    ended: () => ended,
  };
}

/** The status with which a handshake is refused. */
export async function refusedHandshake(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const refused = connected(port, path, headers);
  await until('the handshake is refused', () => refused.ended() !== undefined);
  return refused.ended();
}
