// Renames a user, or merges the user with the user who already has the new subject.

import type { WireUser } from '../../../vocabulary/wire/admin-json.js';
import { filled, named, onPress } from '../shared/dom.js';
import { showNotice } from '../shared/notice.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { agreed, changeFailed } from './confirmed-change.js';
import { chips, fact, make } from './table-rows.js';
import { change, changeTyped, changing, type UserChange, visibleUser } from './user-changes.js';

/** Adds the event listener of the button that renames the user. */
export function startRenames(): void {
  onPress(element('user-rename'), rename, changing);
}

async function rename(): Promise<void> {
  const before = visibleUser();
  if (before === undefined) return;
  const name = before.display_name ?? before.subject;
  await changeTyped({
    question: {
      title: adminTexts.renameTitle,
      text: adminTexts.renameText,
      values: { name },
      yes: adminTexts.renameUser,
    },
    label: adminTexts.renameLabel,
    initial: before.subject,
    unusable: (text) =>
      text === '' ? adminTexts.newUserSubjectMissing : text === before.subject ? adminTexts.renameSame : '',
    wrong: (code) => (['ERR_SUBJECT_INVALID', 'ERR_BODY_INVALID'].includes(code) ? adminTexts.newUserSubjectWrong : ''),
    change: (subject) => ({
      send: (user) => adminApi.renameUser(user, { subject }),
      said: (renamed) => filled(adminTexts.renamed, { name, subject: renamed.subject }),
      async failed({ code }) {
        if (code !== 'ERR_SUBJECT_TAKEN') return false;
        await merge(before, subject);
        return true;
      },
    }),
  });
}

/** Asks whether the user and the user with this subject are the same person, and merges them. */
async function merge(before: WireUser, subject: string): Promise<void> {
  let other: WireUser | undefined;
  try {
    other = await userWith(subject);
  } catch (error) {
    return changeFailed(error, async () => {});
  }
  const name = before.display_name ?? before.subject;
  const values = { name, other: subject };
  const yes = await agreed({
    title: adminTexts.mergeTitle,
    text: adminTexts.mergeText,
    values,
    more: other === undefined ? [] : [factsOf(other)],
    yes: adminTexts.merge,
  });
  // The administrator confirmed the merge for this user only.
  if (!yes || visibleUser()?.id !== before.id) return;
  const merging: UserChange = {
    send: (user) => adminApi.renameUser(user, { subject, merge: true }),
    said: ({ id, subject: now }) =>
      id === before.id
        ? filled(adminTexts.renamed, { name, subject: now })
        : filled(adminTexts.merged, { name, other: now }),
    async failed({ code }) {
      if (code !== 'ERR_HOST_USER_LINKED') return false;
      showNotice(adminTexts.mergeBothLinked);
      return true;
    },
  };
  await change(merging);
}

/** Finds the user with this subject. A search cannot do this, because it also finds parts of subjects. */
async function userWith(subject: string): Promise<WireUser | undefined> {
  const { steps } = await adminApi.explain({ subject });
  return steps.find((step) => step.step === 'account')?.user ?? undefined;
}

function factsOf({ display_name: name, subject, email, roles }: WireUser): HTMLElement {
  return make(
    'dl',
    { class: 'facts' },
    fact(adminTexts.subject, named(subject)),
    ...(name === null ? [] : [fact(adminTexts.fieldDisplayName, named(name))]),
    ...(email === null ? [] : [fact(adminTexts.email, named(email))]),
    fact(adminTexts.rolesLabel, roles.length === 0 ? adminTexts.none : chips(roles, fewRoles)),
  );
}

/** The maximum number of roles that the question about a merge shows. */
const fewRoles = 6;
