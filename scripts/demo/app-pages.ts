// The pages of the demo app.
import type { ListedMapping, Principal, User } from '../../src/index.js';
import type { Cost } from './costs.js';
import { html, type Markup, page } from './html.js';
import { type AppSettings, adminSubject } from './settings.js';
import { why } from './why.js';

const styles = '/styles.css';

const ways: Readonly<Record<Principal['method'], string>> = {
  header: 'the proxy’s headers',
  session: 'a session of this app (local login)',
  token: 'an API token',
};

function navigation(settings: AppSettings, principal?: Principal): Markup {
  const isAdmin = principal?.roles.has('admin') === true;
  return html`
<nav aria-label="Main">
  <ul>
    <li><a href="/">Who am I?</a></li>
    ${principal && html`<li><a href="/auth/quick-connect">Connect a phone</a></li>`}
    <li><a href="${settings.phoneUrl}" target="_blank" rel="noreferrer">Stand-in phone</a></li>
    <li><a href="/reports">Reports</a></li>
    ${isAdmin && html`<li><a href="/auth/admin">Administration</a></li>`}
    ${principal?.method === 'header' && html`<li><a href="/sso/login">Log in as another user</a></li>`}
  </ul>
</nav>`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The start page of a user who is logged in. */
export function homePage(options: {
  settings: AppSettings;
  principal: Principal;
  user: User;
  mappings: readonly ListedMapping[];
  cost: Cost;
}): string {
  const { settings, principal, user, mappings, cost } = options;
  const { roles, idleGroups } = why(user, mappings);
  const rows = roles.map(
    ({ role, reasons }) =>
      html`<tr><th scope="row"><span class="tag">${role}</span></th><td>${reasons.join('; ')}</td></tr>`,
  );
  return page({
    title: 'Who am I? · Latchkey demo',
    styles,
    body: html`
<main>
  ${navigation(settings, principal)}
  <h1>Hello, ${principal.displayName ?? principal.subject}</h1>
  <section class="card" aria-labelledby="you">
    <h2 id="you">You</h2>
    <dl>
      <dt>Subject</dt><dd>${principal.subject}</dd>
      <dt>Email</dt><dd>${principal.email ?? 'not asserted'}</dd>
      <dt>Signed in by</dt><dd>${ways[principal.method]}</dd>
      <dt>Groups</dt><dd>${user.groups.length === 0 ? 'none' : user.groups.join(', ')}</dd>
      <dt>Answered by</dt><dd>${settings.instance}</dd>
    </dl>
  </section>
  <section class="card" aria-labelledby="roles">
    <h2 id="roles">Your roles, and why</h2>
    ${rows.length === 0 ? html`<p>None.</p>` : html`<div class="scroll"><table><thead><tr><th scope="col">Role</th><th scope="col">Reason</th></tr></thead><tbody>${rows}</tbody></table></div>`}
    ${idleGroups.length > 0 && html`<p class="faint">Gives no role: ${idleGroups.join(', ')}.</p>`}
  </section>
  <section class="card" aria-labelledby="cost">
    <h2 id="cost">What this request cost</h2>
    <p>${plural(cost.sql, 'SQL statement')} and ${plural(cost.state, 'command')} to the shared state, to identify you.
    ${cost.sql + cost.state === 0 ? 'You were in memory already.' : 'Load the page again: now you are in memory.'}</p>
  </section>
  <p class="row">
    <a class="button" href="/auth/quick-connect">Connect a phone</a>
    ${
      principal.method === 'session'
        ? html`<form method="post" action="/local/logout"><button class="quiet">Log out</button></form>`
        : html`<a class="button quiet" href="/sso/logout">Log out of the portal</a>`
    }
  </p>
</main>`,
  });
}

/**
 * The start page of a user who is not logged in: the request did not come through the proxy, or its user has a local
 * account. `named`: the user that the portal asserts.
 */
export function strangerPage(settings: AppSettings, named?: string): string {
  return page({
    title: 'Not logged in · Latchkey demo',
    styles,
    body: html`
<main>
  ${navigation(settings)}
  <h1>You are not logged in</h1>
  ${
    named === undefined
      ? html`<p>This request has no identity that the app accepts. Users log in through the proxy, at
  <a href="${settings.publicUrl}">${settings.publicUrl}</a>.</p>`
      : html`<p>The portal says that you are <strong>${named}</strong>, but in this app that is a local account. Log in
  as another user at the portal, or with the password of the local account.</p>`
  }
  <p>The local administrator logs in here, without the portal, so this account works even if the portal does not. Headers
  never log in as this account, whatever name the portal asserts.</p>
  <p class="row">
    <a class="button" href="/local/login">Log in as local administrator</a>
    <a class="button quiet" href="${settings.publicUrl}/sso/login">Log in as another user</a>
  </p>
</main>`,
  });
}

/** The form of the local login. */
export function localLoginPage(settings: AppSettings, failed: boolean): string {
  return page({
    title: 'Local login · Latchkey demo',
    styles,
    body: html`
<main class="phone">
  <h1>Local login</h1>
  ${failed && html`<p class="message bad" role="alert">Wrong user or password.</p>`}
  <form method="post" action="/local/login">
    <label for="user">User</label>
    <input id="user" name="user" value="${adminSubject}" required autocomplete="username">
    <label for="password">Password</label>
    <input id="password" name="password" type="password" required autocomplete="current-password">
    <button>Log in</button>
  </form>
  <p class="faint">The demo printed the password when it started (compose: ADMIN_PASSWORD in .env).
  All other users log in <a href="${settings.publicUrl}">through the proxy</a>.</p>
</main>`,
  });
}

/** A page with one message: a refusal, or the content of a demo page. */
export function messagePage(settings: AppSettings, title: string, text: string, principal?: Principal): string {
  return page({
    title: `${title} · Latchkey demo`,
    styles,
    body: html`
<main>
  ${navigation(settings, principal)}
  <h1>${title}</h1>
  <p>${text}</p>
  <p class="row"><a class="button quiet" href="/sso/login">Log in as another user</a></p>
</main>`,
  });
}
