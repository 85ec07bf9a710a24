// The section in which administrators find users. Only the visible users are loaded, because there may be 100,000
// users.

import type { WireUser } from '../../../vocabulary/wire/admin-json.js';
import { named, show } from '../shared/dom.js';
import { adminApi, type Filters } from './admin-api.js';
import { element } from './admin-elements.js';
import type { AdminId } from './admin-ids.js';
import { startNewUser } from './new-user-form.js';
import { startListing } from './paged-list.js';
import type { Section } from './sections.js';
import { chips, debounced, make, userTags } from './table-rows.js';
import { clearUser, showUser, startUser } from './user-section.js';

/** How many milliseconds the page waits after a key press before it starts a search. */
const typingMilliseconds = 300;
/** The maximum number of roles that a row shows. */
const fewRoles = 6;

const states: Readonly<Record<string, Filters>> = {
  active: { disabled: 'false', pending: 'false' },
  pending: { pending: 'true' },
  disabled: { disabled: 'true' },
};

/** Adds the event listeners of the section. */
export function startUsers(): Section {
  const form = element<HTMLFormElement>('users-filter');
  const list = element('users-list');
  const listing = startListing<WireUser>({ name: 'users', fetch: adminApi.users, row });
  const search = debounced(() => void listing.load(filters()), typingMilliseconds);
  const rowOf = (id: string) => [...list.children].find((at) => (at as HTMLElement).dataset['id'] === id);
  let loaded = false;
  form.addEventListener('input', search.later);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search.now();
  });
  startNewUser(() => {
    loaded = false;
  });
  startUser({
    changed: (user) => rowOf(user.id)?.replaceWith(row(user)),
    gone(id) {
      const row = rowOf(id);
      if (row !== undefined) listing.remove(row);
    },
  });

  return {
    async enter(id) {
      show(element('users-view'), id === '');
      show(element('user-view'), id !== '');
      if (id !== '') return showUser(id);
      const left = clearUser();
      if (!loaded || listing.failed()) {
        loaded = true;
        void listing.load(filters());
      }
      // When the administrator returns from a user to the search results, that user's row receives the focus.
      return rowOf(left)?.querySelector('a') ?? element('users-title');
    },
    clear() {
      loaded = false;
      search.stop();
      listing.clear();
      clearUser();
    },
  };
}

function filters(): Filters {
  const value = (id: AdminId) => element<HTMLInputElement>(id).value.trim();
  return {
    search: value('users-search'),
    auth_method: value('users-method'),
    role: value('users-role'),
    ...states[value('users-status')],
  };
}

function row(user: WireUser): HTMLElement {
  const name = make('a', { href: `#users/${encodeURIComponent(user.id)}` }, named(user.display_name ?? user.subject));
  const about = [user.display_name === null ? '' : user.subject, user.email ?? ''].filter((part) => part !== '');
  const known = about.flatMap((part, index) => (index === 0 ? [named(part)] : [' · ', named(part)]));
  return make(
    'li',
    { class: 'row', 'data-id': user.id },
    make(
      'div',
      { class: 'row-text' },
      make('h3', {}, name, ...userTags(user)),
      ...(known.length > 0 ? [make('p', { class: 'hint' }, ...known)] : []),
    ),
    chips(user.roles, fewRoles),
  );
}
