// Links a user to a row of the server's own users table, or removes the link.

import { filled, onPress } from '../shared/dom.js';
import { adminTexts } from '../texts/admin-texts.js';
import { adminApi } from './admin-api.js';
import { element } from './admin-elements.js';
import { agreed } from './confirmed-change.js';
import { change, changeTyped, changing, visibleUser } from './user-changes.js';

/** Adds the event listeners of the buttons that link and unlink the user. */
export function startLinks(): void {
  onPress(element('user-link'), link, changing);
  onPress(element('user-unlink'), unlink, changing);
}

const wrongIds: Readonly<Record<string, string>> = {
  ERR_HOST_USER_ID: adminTexts.linkIdWrong,
  ERR_BODY_INVALID: adminTexts.linkIdWrong,
  ERR_HOST_USER_TAKEN: adminTexts.linkTaken,
};

async function link(): Promise<void> {
  const before = visibleUser();
  if (before === undefined) return;
  const name = before.display_name ?? before.subject;
  await changeTyped({
    question: { title: adminTexts.linkTitle, text: adminTexts.linkText, values: { name }, yes: adminTexts.linkUser },
    label: adminTexts.linkLabel,
    unusable: (text) => (text === '' ? adminTexts.linkMissing : ''),
    wrong: (code) => wrongIds[code] ?? '',
    change: (id) => ({
      send: (user) => adminApi.linkUser(user, { host_user_id: id }),
      said: () => filled(adminTexts.linked, { name, id }),
    }),
  });
}

async function unlink(): Promise<void> {
  const before = visibleUser();
  if (before === undefined) return;
  const name = before.display_name ?? before.subject;
  const yes = await agreed({
    title: adminTexts.unlinkTitle,
    text: adminTexts.unlinkText,
    values: { name },
    yes: adminTexts.unlinkUser,
  });
  // The administrator confirmed the change for this user only.
  if (!yes || visibleUser()?.id !== before.id) return;
  await change({ send: adminApi.unlinkUser, said: () => filled(adminTexts.unlinked, { name }) });
}
