// Latchkey works the same without @opentelemetry/api, and with a package that it cannot use.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { openTelemetryApi } from '../../src/metrics/open-telemetry-api.js';
import { consumerFolder } from '../support/consumer-folder.js';
import { type TemporaryFolder, temporaryFolder } from '../support/processes.js';

/** A server without @opentelemetry/api. */
const server = `
import { createRequire } from 'node:module';
import { latchkey, memoryDirectory, memoryState } from './dist/src/index.js';

let absent = false;
try {
  createRequire(import.meta.url).resolve('@opentelemetry/api');
} catch {
  absent = true;
}
process.on('warning', ({ message }) => console.log('warning', message));
const auth = latchkey({
  trustedProxies: ['loopback'], headers: 'authelia', directory: memoryDirectory(), state: memoryState(),
});
await auth.users.create({ subject: 'carol', authMethod: 'local' });
const metrics = await auth.metrics.read();
const events = metrics.find(({ name }) => name === 'latchkey_events_total');
console.log(JSON.stringify({ absent, created: events.values.find(({ labels }) => labels.type === 'user.created').value }));
await auth.close();
`;

describe('@opentelemetry/api', () => {
  let folder: TemporaryFolder;
  let emitted: unknown[][];
  const { emitWarning } = process;
  beforeEach(async () => {
    folder = await temporaryFolder('opentelemetry');
    emitted = [];
    process.emitWarning = (...values: unknown[]) => void emitted.push(values);
  });
  afterEach(async () => {
    process.emitWarning = emitWarning;
    await folder.remove();
  });

  /** Installs a package with this code under the name of the API, and loads it. */
  function loaded(code: string): ReturnType<typeof openTelemetryApi> {
    const place = join(folder.path, 'node_modules', '@opentelemetry', 'api');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'index.js'), code);
    return openTelemetryApi(pathToFileURL(join(folder.path, 'server.js')).href);
  }

  it('is not needed: without it, an instance starts, counts and emits no warning', function () {
    this.timeout(120_000);
    const consumer = consumerFolder({}, ['@opentelemetry']);
    try {
      writeFileSync(join(consumer.path, 'server.js'), server);
      const output = execFileSync(process.execPath, ['server.js'], { cwd: consumer.path, encoding: 'utf8' });
      expect(JSON.parse(output)).to.deep.equal({ absent: true, created: 1 });
    } finally {
      consumer.remove();
    }
  });

  it('is not looked for in a bundle whose address is not known', () => {
    for (const url of [undefined, '', '/server.js/..', 'https://example.com/server.js']) {
      expect(openTelemetryApi(url)).to.equal(undefined);
    }
    expect(emitted).to.deep.equal([]);
  });

  it('is used if it has metrics and spans', () => {
    const code = "module.exports = { metrics: {}, trace: {}, SpanStatusCode: { ERROR: 2 }, own: 'mine' };";
    expect(loaded(code)).to.have.property('own', 'mine');
    expect(emitted).to.deep.equal([]);
  });

  for (const [what, code, reason] of [
    ['has no metrics', 'module.exports = { trace: {}, SpanStatusCode: {} };', 'this version has no metrics'],
    ['cannot be loaded', "throw new Error('broken');", 'it could not be loaded: broken'],
    ['lacks a package that it needs', "require('missing-package');", 'it could not be loaded'],
  ] as const) {
    it(`is not used, and causes a warning, if it ${what}`, () => {
      expect(loaded(code)).to.equal(undefined);
      expect(emitted).to.have.length(1);
      expect(emitted[0]?.[0]).to.contain(reason);
      expect(emitted[0]?.[1]).to.deep.equal({ code: 'LATCHKEY_OPEN_TELEMETRY' });
    });
  }
});
