// Converts the vectors to the text of their files.
import { pairingLinks } from './pairing-links.js';
import { issuer, start } from './scenario.js';
import { recordAll } from './scenarios.js';

/** Returns the text of each file in docs/vectors, by file name. */
export async function vectorFiles(): Promise<Readonly<Record<string, string>>> {
  const scenarios = await recordAll();
  return {
    'pairing-links.json': textOf({ links: pairingLinks() }),
    ...Object.fromEntries(
      Object.entries(scenarios).map(([name, recorded]) => [
        `${name}.json`,
        textOf({ issuer, start: new Date(start).toISOString(), scenarios: recorded }),
      ]),
    ),
  };
}

function textOf(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
