// docs/metrics.md has every metric and every span, and its server for Prometheus works with the real prom-client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { transform } from 'esbuild';
import { changeDuration, counters, gauges } from '../../src/metrics/instruments.js';
import { cacheLevels, grants, lookUpKinds, requestOutcomes } from '../../src/metrics/label-values.js';
import { spanNames } from '../../src/metrics/telemetry.js';
import { send } from '../http/client.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { findProgram } from '../support/programs.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'metrics.md'), 'utf8');

const declared = [
  ...Object.values(counters).map(({ name, labels }) => [name, 'counter', labels.map(([label]) => label)]),
  [changeDuration.name, 'histogram', []],
  ...Object.values(gauges).map(({ name, labels }) => [name, 'gauge', labels.map(([label]) => label)]),
];

describe('docs/metrics.md', () => {
  it('has a row for each metric, with its type and its labels', () => {
    const rows = [...page.matchAll(/^\| `(latchkey_\w+)` \| (\w+) \| ([^|]+) \| [^|]{15,} \|$/gm)];
    const documented = rows.map(([, name, type, labels = '']) => [
      name,
      type,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    ]);
    expect(documented).to.deep.equal(declared);
  });

  it('names the values of the labels', () => {
    for (const value of [...grants, ...lookUpKinds, ...requestOutcomes, ...cacheLevels]) {
      expect(page, value).to.contain(`\`${value}\``);
    }
  });

  it('has a row for each span', () => {
    const rows = [...page.matchAll(/^\| `(latchkey\.\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).to.deep.equal(spanNames);
  });
});

describe('the server of docs/metrics.md', function () {
  this.timeout(60_000);
  let running: RunningProcess;
  let app: number;
  let monitoring: number;
  before(async () => {
    const [[, fence = ''] = [], ...more] = [...page.matchAll(/^```ts\n(.*?)^```$/gms)];
    expect(more).to.deep.equal([]);
    app = await freePort();
    monitoring = await freePort();
    const changes = [
      ["'10.0.0.7'", "'127.0.0.1'"],
      ['app.listen(3000)', `app.listen(${app}, '127.0.0.1')`],
      ['monitoring.listen(9464)', `monitoring.listen(${monitoring}, '127.0.0.1')`],
    ] as const;
    const code = changes.reduce((changed, [from, to]) => {
      expect(changed.split(from), from).to.have.length(2);
      return changed.replace(from, to);
    }, fence);
    // Inside the checkout, so that `latchkey` and its peers resolve as they do for a reader.
    const folder = join(root, 'dist', 'metrics-app');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'app.js'), (await transform(code, { loader: 'ts', format: 'esm' })).code);
    running = await startProcess({
      program: process.execPath,
      args: [join(folder, 'app.js')],
      answers: async () => (await send(app, '/library', {})).status === 401,
    });
  });
  after(() => running?.stop());

  it('serves each metric to Prometheus, with current values', async () => {
    const before = await send(monitoring, '/metrics', {});
    expect(before.headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    for (const [name, type] of declared) expect(before.text).to.contain(`\n# TYPE ${name} ${type}\n`);
    expect(before.text).to.contain('latchkey_requests_total{outcome="header"} 0\n');
    for (let request = 0; request < 3; request += 1) await send(app, '/library', { user: 'alice' });
    const { text: after } = await send(monitoring, '/metrics', {});
    expect(after).to.contain('\nlatchkey_requests_total{outcome="header"} 3\n');
    expect(after).to.contain('\nlatchkey_events_total{type="user.created"} 1\n');
    expect(after).to.contain('\nlatchkey_change_duration_seconds_bucket{le="+Inf"} 0\n');
    expect(after).to.contain('\nlatchkey_health{status="ready"} 1\n');
    expect(after).to.contain('\nlatchkey_memory_entries 2\n');
    // prom-client's own metrics.
    expect(after).to.contain('\nprocess_cpu_seconds_total ');
  });

  it('serves text in which promtool finds no mistake', async () => {
    const served = await send(monitoring, '/metrics', {});
    // The names of prom-client's own metrics are not ours.
    const own = served.text.split(/(?=^# HELP )/m).filter((family) => family.startsWith('# HELP latchkey_'));
    expect(own).to.have.length(declared.length);
    const check = spawn(await findProgram('promtool'), ['check', 'metrics']);
    check.stdin.end(own.join(''));
    const [output, problems, [code]] = await Promise.all([
      text(check.stdout),
      text(check.stderr),
      once(check, 'close'),
    ]);
    expect([output + problems, code]).to.deep.equal(['', 0]);
  });
});
