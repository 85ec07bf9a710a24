// Writes the HTTP test vectors to docs/vectors.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectorFiles } from './files.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'docs', 'vectors');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(await vectorFiles())) writeFileSync(join(folder, name), text);
