// The arguments and the environment of a Node process that checks its own answers.
import type { ServerParts } from '../../../src/http/openapi/operation.js';

/** The arguments of Node, before the program. */
export const checkedArguments: readonly string[] = ['--import', new URL('./checked-process.js', import.meta.url).href];

/** The environment that names the parts of the server. */
export function checkedEnvironment(parts: ServerParts): Readonly<Record<string, string>> {
  return { SERVER_PARTS: JSON.stringify(parts) };
}
