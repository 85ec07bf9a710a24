// test/e2e: runs the app that README shows.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { checkedArguments, checkedEnvironment } from '../support/openapi/process-arguments.js';
import { usualParts } from '../support/openapi/usual-parts.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

const root = join(import.meta.dirname, '..', '..', '..');

/** The running app. */
export interface ReadmeApp {
  readonly port: number;
  readonly process: RunningProcess;
}

/** Extracts the code block and runs it. Only the address of the proxy and the port are changed. */
export async function startReadmeApp(environment: Readonly<Record<string, string>>): Promise<ReadmeApp> {
  const page = readFileSync(join(root, 'README.md'), 'utf8');
  const fences = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  const [block, ...more] = fences.filter((code) => code.includes('app.listen('));
  if (block === undefined || more.length > 0) throw new Error('README shows no app, or more than one');
  const port = await freePort();
  // The address of the proxy occurs twice: in the options of Latchkey, and in Express' `trust proxy`.
  let code = replaced(block, "'10.0.0.7'", "'127.0.0.1'", 2);
  code = replaced(code, 'app.listen(3000)', `app.listen(${port}, '127.0.0.1')`);
  // Inside the checkout, so that `latchkey` and its peers resolve as they do for a reader.
  const folder = join(root, 'dist', 'readme-app');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'app.js');
  writeFileSync(file, (await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })).code);
  const started = await startProcess({
    program: process.execPath,
    args: [...checkedArguments, file],
    environment: { ...environment, ...checkedEnvironment({ ...usualParts, session: 'every-request' }) },
    answers: async () => (await fetch(`http://127.0.0.1:${port}/api/library`)).status === 401,
  });
  return { port, process: started };
}

function replaced(code: string, from: string, to: string, times = 1): string {
  const found = code.split(from).length - 1;
  if (found !== times) throw new Error(`README's app says ${from} ${found} times, not ${times}`);
  return code.replaceAll(from, to);
}
