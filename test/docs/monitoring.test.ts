// The dashboard and the alert rules of docs/monitoring/ name only metrics, labels and values that exist, and Prometheus
// accepts all their expressions.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { changeDuration, counters, gauges } from '../../src/metrics/instruments.js';
import { temporaryFolder } from '../support/processes.js';
import { findProgram } from '../support/programs.js';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (...path: readonly string[]) => readFileSync(join(root, ...path), 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly {
    readonly expr: string;
    readonly refId: string;
    readonly datasource: { readonly uid: string };
  }[];
}
interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const dashboard: Dashboard = JSON.parse(read('docs', 'monitoring', 'grafana-dashboard.json'));
const alerts: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
  read('docs', 'monitoring', 'alerts.yaml'),
);
const rules = alerts.groups.flatMap((group) => group.rules);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** All labels of each series: the values of a label, or `undefined` if Prometheus sets any value. */
const everySeries = new Map<string, ReadonlyMap<string, readonly string[] | undefined>>();
const ofScrape = [
  ['instance', undefined],
  ['job', undefined],
] as const;
for (const { name, labels } of [...Object.values(counters), ...Object.values(gauges)]) {
  everySeries.set(name, new Map<string, readonly string[] | undefined>([...ofScrape, ...labels]));
}
for (const suffix of ['_bucket', '_sum', '_count']) {
  const bounds = suffix === '_bucket' ? [['le', undefined] as const] : [];
  everySeries.set(changeDuration.name + suffix, new Map([...ofScrape, ...bounds]));
}

/** What is wrong with the names in an expression. */
function unknownNames(expression: string): readonly string[] {
  const selectors = [...expression.matchAll(/\b(latchkey_\w+)(?:\{([^}]*)\})?/g)];
  const used = selectors.map(([, name = '']) => everySeries.get(name));
  const wrong = selectors.flatMap(([, name = '', matchers = '']) => {
    const labels = everySeries.get(name);
    if (labels === undefined) return [`no metric ${name}`];
    return [...matchers.matchAll(/(\w+)(=~|!~|=|!=)"([^"]*)"/g)].flatMap(
      ([, label = '', operator = '', value = '']) => {
        if (!labels.has(label)) return [`${name} has no label ${label}`];
        const values = labels.get(label);
        if (values === undefined) return [];
        const isPattern = operator.includes('~');
        return (isPattern ? value.split('|') : [value]).flatMap((wanted) => {
          const pattern = new RegExp(`^(?:${wanted})$`);
          const found = values.some((each) => (isPattern ? pattern.test(each) : each === wanted));
          return found ? [] : [`${name}: ${label} is never ${wanted}`];
        });
      },
    );
  });
  const grouped = [...expression.matchAll(/\b(?:by|without|on|ignoring) ?\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(/, */),
  );
  const unknown = grouped.filter((label) => !used.some((labels) => labels?.has(label)));
  return [...wrong, ...unknown.map((label) => `no metric has the label ${label}`)];
}

/** Replaces the variables of Grafana as Grafana does. */
const filledIn = (query: string): string => query.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');

async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(await findProgram('promtool'), args, { cwd: root });
  return stdout;
}

describe('docs/monitoring', () => {
  it('is checked by a function that finds wrong names', () => {
    expect(
      unknownNames('sum by (outcome) (rate(latchkey_requests_total{outcome="header",instance=~".*"}[5m]))'),
    ).to.deep.equal([]);
    expect(unknownNames('latchkey_logins_total')).to.have.length(1);
    expect(unknownNames('latchkey_requests_total{code="ERR_CONFIG"}')).to.have.length(1);
    expect(unknownNames('latchkey_requests_total{outcome=~"header|basic"}')).to.have.length(1);
    expect(unknownNames('latchkey_requests_total{outcome!="basic"}')).to.have.length(1);
    expect(unknownNames('sum by (code) (latchkey_requests_total)')).to.have.length(1);
  });

  it('has alert rules whose metrics, labels and values exist', () => {
    expect(rules).to.have.length.greaterThan(8);
    for (const { alert, expr } of rules) expect(unknownNames(expr), alert).to.deep.equal([]);
  });

  it('has alert rules that Prometheus accepts', async () => {
    expect(await promtool('check', 'rules', 'docs/monitoring/alerts.yaml')).to.contain(`${rules.length} rules found`);
  });

  it('has alert rules that fire when they should, and only then', async () => {
    await promtool('test', 'rules', 'test/docs/alerts.test.yaml');
    const cases: {
      readonly tests: readonly {
        readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: unknown }[];
      }[];
    } = parse(read('test', 'docs', 'alerts.test.yaml'));
    const checks = cases.tests.flatMap((each) => each.alert_rule_test);
    for (const { alert } of rules) {
      const own = checks
        .filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts: fired }) => fired !== undefined);
      expect(new Set(own), alert).to.deep.equal(new Set([true, false]));
    }
  });

  it('has a row in docs/metrics.md for each alert rule', () => {
    const documented = [...read('docs', 'metrics.md').matchAll(/^\| `(Latchkey\w+)` \| .{20,} \|$/gm)].map(
      ([, name]) => name,
    );
    expect(documented).to.deep.equal(rules.map(({ alert }) => alert));
    for (const { alert, labels, annotations } of rules) {
      expect(labels.severity, alert).to.be.oneOf(['critical', 'warning']);
      expect(annotations.summary, alert).to.match(/\.$/);
    }
  });

  it('has a dashboard whose metrics, labels and values exist', () => {
    for (const query of queries) expect(unknownNames(query), query).to.deep.equal([]);
    for (const { name, definition } of dashboard.templating.list)
      expect(unknownNames(definition ?? ''), name).to.deep.equal([]);
  });

  it('has a dashboard that shows every metric', () => {
    for (const { name } of [...Object.values(counters), ...Object.values(gauges), changeDuration]) {
      expect(
        queries.some((query) => query.includes(name)),
        name,
      ).to.equal(true);
    }
  });

  it('has a dashboard whose queries Prometheus accepts', async () => {
    const folder = await temporaryFolder('dashboard');
    try {
      const file = join(folder.path, 'queries.yaml');
      const recorded = queries.map((query, index) => ({ record: `query:${index}`, expr: filledIn(query) }));
      await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
      expect(await promtool('check', 'rules', file)).to.contain(`${queries.length} rules found`);
    } finally {
      await folder.remove();
    }
  });

  it('has a dashboard with a grid without overlaps, and with one id, one title and one text for each panel', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) => {
      expect(x + w).to.be.at.most(24);
      return Array.from({ length: h * w }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).to.equal(cells.length);
    for (const { title, description = '', targets = [] } of panels) {
      expect(description, title).to.match(/\.$/);
      expect(targets, title).to.have.length.greaterThan(0);
      for (const { datasource, refId } of targets) {
        expect(datasource.uid, title).to.equal(`$\{datasource}`);
        expect(refId).to.match(/^[A-Z]$/);
      }
    }
  });
});
