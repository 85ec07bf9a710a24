// How scripts/faults judges a fault by the answers that it recorded.
import { expect } from 'chai';
import {
  isNormal,
  type Observation,
  type Outcome,
  outcomeOf,
  type Question,
  questions,
  type Verdict,
} from '../../scripts/faults/record.js';
import { cellOf, failuresOf } from '../../scripts/faults/report.js';

const servers = ['one', 'two'];
const period = { began: 1000, ended: 5000 };

function seen(
  began: number,
  ended: number,
  verdict: Verdict,
  { server = 'one', question = 'header' }: { readonly server?: string; readonly question?: Question } = {},
): Observation {
  return { question, server, began, ended, verdict, what: 'me', said: '' };
}

function normalAt(began: number): readonly Observation[] {
  return servers.flatMap((server) =>
    questions.map((question) => seen(began, began + 10, 'right', { server, question })),
  );
}

describe('the record of a fault', () => {
  it('counts the answers to the requests of the fault, and how long the longest took', () => {
    const outcome = outcomeOf(
      'header',
      servers,
      [seen(900, 1200, 'right'), seen(2000, 2100, 'refused'), seen(4900, 9000, 'refused'), seen(5100, 5200, 'wrong')],
      period,
    );
    expect(outcome.during).to.deep.equal({ right: 1, refused: 2, 'signed-out': 0, unanswered: 0, wrong: 0 });
    expect(outcome.longest).to.equal(4100);
    expect(outcome.refusedAfter).to.equal(1100);
  });

  it('says from when on every server answers all requests', () => {
    const late = [seen(5100, 5300, 'right'), seen(6000, 6900, 'refused', { server: 'two' })];
    const outcome = (more: readonly Observation[]): Outcome => outcomeOf('header', servers, [...late, ...more], period);
    expect(outcome([]).normalAfter).to.equal(undefined);
    expect(outcome([seen(6100, 6200, 'right', { server: 'two' })]).normalAfter).to.equal(1000);
    // A right answer may be too slow.
    const slow = [seen(6100, 9200, 'right', { server: 'two' }), seen(9300, 9400, 'right', { server: 'two' })];
    expect(outcome(slow).normalAfter).to.equal(1100);
    // A request from before the end may fail after it.
    expect(outcomeOf('header', ['one'], [seen(4000, 5600, 'refused'), ...late], period).normalAfter).to.equal(0);
  });

  it('is normal when all servers answer all questions, and nothing has failed for a while', () => {
    const at = (now: number, all: readonly Observation[]): boolean =>
      isNormal(servers, all, { ended: 5000, now, quiet: 1000 });
    expect(at(6100, normalAt(5100))).to.equal(true);
    expect(at(5900, normalAt(5100))).to.equal(false);
    expect(at(6100, normalAt(5100).slice(1))).to.equal(false);
    expect(at(6100, [...normalAt(5100), seen(5050, 5200, 'refused')])).to.equal(false);
    expect(at(6300, [...normalAt(5100), seen(5050, 5200, 'refused')])).to.equal(true);
  });

  it('shows what users got', () => {
    const cell = (...all: readonly Observation[]): string => cellOf(outcomeOf('header', servers, all, period));
    expect(cell(seen(2000, 2010, 'right'))).to.equal('answered');
    expect(cell(seen(2000, 4500, 'right'))).to.equal('answered, at most 2.5 s');
    expect(cell(seen(1100, 1200, 'refused'))).to.equal('503');
    expect(cell(seen(2000, 2010, 'right'), seen(4000, 4100, 'refused'))).to.equal('answered, 503 after 3.1 s (50 %)');
    expect(cell(seen(6000, 6010, 'signed-out'))).to.equal('start again');
    expect(cell(seen(2000, 2010, 'unanswered'))).to.equal('no answer of one server');
    expect(cell(seen(2000, 2010, 'wrong'))).to.equal('**wrong**');
  });

  it('fails for a wrong, lost or doubled answer, and if something stays abnormal', () => {
    const row = (all: readonly Observation[], found = {}) => ({
      ...{
        fault: { name: 'F' },
        lasted: 4000,
        answers: all.length,
        wrong: [],
        late: [],
        lost: [],
        doubled: [],
        ...found,
      },
      outcomes: Object.fromEntries(
        questions.map((question) => [question, outcomeOf(question, servers, all, period)]),
      ) as Record<Question, Outcome>,
    });
    const all = [...normalAt(2000), ...normalAt(8500)];
    expect(failuresOf([row(all)])).to.deep.equal([]);
    for (const kind of ['wrong', 'lost', 'doubled']) {
      expect(failuresOf([row(all, { [kind]: ['it'] })])).to.deep.equal([`F: ${kind}: it`]);
    }
    expect(failuresOf([row([...all, seen(8100, 8200, 'refused')])])).to.deep.equal([
      'F: header: not normal 3.0 s after the end; ',
    ]);
    expect(failuresOf([row([...all, seen(7900, 8200, 'refused')])])).to.deep.equal([]);
  });
});
