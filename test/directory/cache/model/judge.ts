// Checks answers against the truth.
import { journalKeys } from '../../../../src/vocabulary/journal.js';
import { accountAnswer, type Configured, type Content, deviceAnswer } from './contents.js';
import type { Asking, Truth } from './truth.js';

/** What is looked up. */
export interface Question {
  readonly subject: string;
  readonly deviceId?: string;
  /** The groups of an assertion. Absent: the request has a session or a token. */
  readonly groups?: readonly string[];
}

/** Distinguishes correct answers from wrong ones. */
export interface Judge {
  /** Returns the correct answers to a question if the given answer is none of them. */
  instead(question: Question, asking: Asking, answer: string, configured: Configured): readonly string[] | undefined;
  /** Must be called when something changed. */
  changed(): void;
}

/** Creates a judge from the truth. */
export function judge(right: Pick<Truth<Content>, 'present' | 'allowed'>): Judge {
  const present = new Map<Configured, Map<string, string>>();

  /** The answer by the current contents, which is always correct. Most answers need only this comparison. */
  function presentAnswer(question: Question, configured: Configured): string {
    const answers = present.get(configured) ?? new Map<string, string>();
    present.set(configured, answers);
    const name = question.deviceId ?? question.subject;
    const known = answers.get(name);
    if (known !== undefined) return known;
    const [mapping, user] = [journalKeys.mapping, journalKeys.user(question.subject)].map(right.present);
    const answer =
      question.deviceId === undefined
        ? accountAnswer(user, mapping, configured)
        : deviceAnswer(right.present(journalKeys.device(question.deviceId)), user, mapping, configured);
    answers.set(name, answer);
    return answer;
  }

  function rightAnswers({ subject, deviceId }: Question, asking: Asking, configured: Configured): ReadonlySet<string> {
    const answers = new Set<string>();
    const devices = deviceId === undefined ? [] : right.allowed(journalKeys.device(deviceId), asking);
    for (const mapping of right.allowed(journalKeys.mapping, asking)) {
      for (const user of right.allowed(journalKeys.user(subject), asking)) {
        if (deviceId === undefined) answers.add(accountAnswer(user, mapping, configured));
        for (const device of devices) answers.add(deviceAnswer(device, user, mapping, configured));
      }
    }
    return answers;
  }

  return {
    instead(question, asking, answer, configured) {
      if (answer === presentAnswer(question, configured)) return undefined;
      const answers = rightAnswers(question, asking, configured);
      return answers.has(answer) ? undefined : [...answers];
    },
    changed: () => present.clear(),
  };
}
