// Sends changes of the visible user to the server, and shows their results.

import type { WireUser } from '../../../vocabulary/wire/admin-json.js';
import { announce, whileBusy } from '../shared/dom.js';
import { clearProblem } from '../shared/notice.js';
import { type Problem, problemOf } from '../shared/page-api.js';
import { adminTexts } from '../texts/admin-texts.js';
import { element } from './admin-elements.js';
import { agreed, changeFailed, type Question } from './confirmed-change.js';

/** The view of one user, for the functions that change this user. */
export interface UserView {
  /** Returns the visible user. */
  now(): WireUser | undefined;
  /** Shows the user after a change. `before` is the user before the change. */
  changed(user: WireUser, before: WireUser): void;
  /** Loads and shows the current values of the user. */
  reload(id: string): Promise<void>;
  /** Leaves the view, because the user no longer exists. */
  gone(id: string): void;
}

/** A change of one user. */
export interface UserChange {
  /** Sends the change to the server. */
  send(user: WireUser): Promise<WireUser>;
  /** Returns the announcement after the change. Default: "Saved." */
  said?(changed: WireUser): string;
  /** Handles an error that only this change can cause. Resolves with `false` for all other errors. */
  failed?(problem: Problem): Promise<boolean>;
}

/** A change for which the administrator types a text into a dialog. */
export interface TypedChange {
  readonly question: Omit<Question, 'typed'>;
  /** The label of the input. */
  readonly label: string;
  /** The text in the input when the dialog opens. Default: none. */
  readonly initial?: string | undefined;
  /** Returns why the text cannot be sent, or `''`. */
  unusable(text: string): string;
  /** Returns the error message under the input for an error code of the server, or `''` for all other codes. */
  wrong(code: string): string;
  /** Returns the change with this text. */
  change(text: string): UserChange;
}

let view: UserView;
/** The text of a typed change that was not saved. `label` identifies the kind of change. */
let unsaved: { readonly id: string; readonly label: string; readonly text: string } | undefined;

/** Sets the view for all changes. */
export function startChanges(of: UserView): void {
  view = of;
}

/**
 * Returns the buttons that change the user. These buttons are disabled while a change is running, because each change
 * creates a new version of the user.
 */
export function changing(): readonly HTMLElement[] {
  const names = ['approve', 'disable', 'enable', 'rename', 'link', 'unlink', 'convert', 'delete'] as const;
  const buttons = names.map((name) => element(`user-${name}`));
  return [...buttons, element('add-role-send'), ...element('user-granted').querySelectorAll('button')];
}

/** Sends a change of the visible user to the server. Resolves with `true` if the change succeeded. */
export async function change(wanted: UserChange): Promise<boolean> {
  const before = view.now();
  return before !== undefined && (await finish(wanted, before, wanted.send(before)));
}

/** Shows the result of a change that was sent. Resolves with `true` if the change succeeded. */
async function finish(wanted: UserChange, before: WireUser, answer: Promise<WireUser>): Promise<boolean> {
  clearProblem();
  try {
    const changed = await answer;
    view.changed(changed, before);
    announce(wanted.said?.(changed) ?? adminTexts.saved);
    return true;
  } catch (error) {
    if (view.now()?.id !== before.id) return false;
    const problem = problemOf(error);
    if (problem.kind === 'unknown') {
      view.gone(before.id);
      return false;
    }
    if (await wanted.failed?.(problem)) return false;
    const again = () => void whileBusy(changing(), async () => void (await change(wanted)));
    await changeFailed(problem, () => view.reload(before.id), again);
    return false;
  }
}

/**
 * Asks for a text and sends the change with this text. While the server refuses the text, the dialog stays open. If the
 * change fails for another reason, the dialog has the same text when it opens again.
 */
export async function changeTyped(typed: TypedChange): Promise<void> {
  const { question, label, initial, unusable, wrong, change: changeTo } = typed;
  const before = view.now();
  if (before === undefined) return;
  const kept = unsaved?.id === before.id && unsaved.label === label ? unsaved.text : undefined;
  unsaved = undefined;
  let sent: { readonly wanted: UserChange; readonly answer: Promise<WireUser> } | undefined;
  const keep = (text: string) => {
    unsaved = { id: before.id, label, text };
  };

  const check = async (text: string): Promise<string> => {
    const trouble = unusable(text);
    if (trouble !== '') return trouble;
    const { send, ...rest } = changeTo(text);
    const wanted: UserChange = {
      ...rest,
      async send(user) {
        const changed = await send(user);
        unsaved = undefined;
        return changed;
      },
    };
    const answer = wanted.send(before);
    try {
      await answer;
    } catch (error) {
      // If the administrator has left the user in the meantime, the error message would be about another user.
      const refused = view.now()?.id === before.id ? wrong(problemOf(error).code) : '';
      if (refused !== '') return refused;
      keep(text);
    }
    sent = { wanted, answer };
    return '';
  };

  await agreed({ ...question, typed: { label, initial: kept ?? initial, check, interrupted: keep } });
  if (sent !== undefined) await finish(sent.wanted, before, sent.answer);
}

/** Returns the visible user. */
export function visibleUser(): WireUser | undefined {
  return view.now();
}

/** Discards the typed text that was not saved. */
export function forgetTyped(): void {
  unsaved = undefined;
}
