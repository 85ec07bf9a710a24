// Builds the HTML parts that several pages share.
import type { PageTexts } from '../browser/texts/english.js';

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(value: string): string {
  return value.replace(
    /[&<>"']/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[character] ?? '',
  );
}

function drawing(className: string, size: number, shapes: string): string {
  return `<svg class="${className}" aria-hidden="true" viewBox="0 0 24 24" width="${size}" height="${size}">${shapes}</svg>`;
}

const tick = '<path d="m5 12.5 4.5 4.5L19 7"/>';
const cross = '<path d="m6 6 12 12M18 6 6 18"/>';
const checked = drawing('mark', 40, '<circle cx="12" cy="12" r="10.5"/><path d="m7.5 12.5 3 3 6-6.5"/>');

/**
 * Returns a panel, which shows one state of the card. If the focused element disappears, the panel's heading receives
 * the focus.
 */
export function panel(name: string, title: string, body: string, mark = ''): string {
  return `<div class="panel panel-${name}" id="panel-${name}"${name === 'loading' ? '' : ' hidden'}>
${mark}<h2 id="${name}-title" tabindex="-1">${escapeHtml(title)}</h2>
${body}
</div>`;
}

/** Returns a panel that says how an attempt ended and offers a new attempt. */
export function ending(name: string, title: string, body: string, next: string): string {
  return panel(
    name,
    title,
    `<p>${escapeHtml(body)}</p>
<p class="actions"><button class="primary" type="button" data-connect>${escapeHtml(next)}</button></p>`,
  );
}

/**
 * Returns the panels that the pages `quick-connect` and `activate` show while they load, and to users who are not
 * logged in.
 */
export function arrival(texts: PageTexts): string {
  const login = `<p class="actions"><a class="button primary" data-login href="login">${escapeHtml(texts.logIn)}</a></p>`;
  return `${panel('loading', texts.loadingTitle, `<p>${escapeHtml(texts.loadingText)}</p>`)}
${panel('login', texts.loginTitle, `<p>${escapeHtml(texts.loginText)}</p>\n${login}`)}
${loginEnds(texts, login)}
${panel('logged-out', texts.loggedOutTitle, `<p>${escapeHtml(texts.loggedOutText)}</p>\n${login}`)}`;
}

/**
 * Returns two panels. The panel `cookie-lost` says that the browser did not send the session cookie back. The panel
 * `still-in` says that the login at the proxy is still active after a logout.
 *
 * @param login The HTML of the login link.
 */
export function loginEnds(texts: PageTexts, login: string): string {
  const why = [texts.cookieLostText, texts.cookieLostBrowser, texts.cookieLostServer];
  const paragraphs = why.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join('\n');
  return `${panel('cookie-lost', texts.cookieLostTitle, `${paragraphs}\n${login}`)}
${panel('still-in', texts.stillInTitle, `<p>${escapeHtml(texts.stillInText)}</p>\n${login}`)}`;
}

/** Returns the panels for a connected device and for a revoked device. */
export function connection(texts: PageTexts, next: string): string {
  const connected = `<p>${escapeHtml(texts.connectedText)}</p>
<p class="doubt">${escapeHtml(texts.connectedDoubt)}</p>
<p class="actions"><button class="danger" type="button" id="revoke-now">${escapeHtml(texts.revokeNow)}</button>
<button type="button" data-connect>${escapeHtml(texts.connectAnother)}</button></p>`;
  return `${panel('connected', texts.connectedTitle, connected, checked)}
${ending('revoked', texts.revokedTitle, texts.revokedText, next)}`;
}

/** Returns the panel that the page shows after the approval, until the device has its first token. */
export function approved(texts: PageTexts, body: string): string {
  return panel('approved', texts.approvedTitle, `<p>${escapeHtml(body)}</p>\n${foot('approved', cancel(texts))}`);
}

/** Returns a list for the details of the device that requests access. */
export function facts(texts: PageTexts): string {
  const row = (name: string, label: string, direction: string) =>
    `<div><dt>${escapeHtml(label)}</dt><dd><bdi id="claim-${name}"${direction}></bdi></dd></div>`;
  return `<dl class="facts">
${row('device', texts.claimDevice, '')}
${row('app', texts.claimApp, '')}
${row('platform', texts.claimPlatform, '')}
${row('address', texts.claimAddress, ' dir="ltr"')}
${row('age', texts.claimAge, '')}
</dl>
<p class="hint">${escapeHtml(texts.claimOwnWords)}</p>`;
}

/** Returns a warning. */
export function warning(title: string, body: string): string {
  return `<p class="warning"><strong>${escapeHtml(title)}</strong> ${escapeHtml(body)}</p>`;
}

/** Returns the buttons Approve and Deny. Both look the same, so that neither button is the default. */
export function choices(texts: PageTexts): string {
  return `<div class="choices">
<button class="choice" id="approve">${drawing('sign', 20, tick)}<span>${escapeHtml(texts.approve)}</span></button>
<button class="choice" id="deny" type="button">${drawing('sign', 20, cross)}<span>${escapeHtml(texts.deny)}</span></button>
</div>`;
}

/**
 * Returns the last line of a panel with a countdown. The line shows the time left and contains `wayOut`, the HTML of a
 * button.
 */
export function foot(name: string, wayOut: string): string {
  return `<div class="foot">
<p class="waiting"><span class="pulse" aria-hidden="true"></span><span id="${name}-left" role="timer"></span></p>
${wayOut}
</div>`;
}

/** Returns the button that cancels an attempt. */
export function cancel(texts: PageTexts): string {
  return `<button type="button" data-cancel>${escapeHtml(texts.cancel)}</button>`;
}

/** Returns an empty list of devices, which the browser fills. */
export function devices(texts: PageTexts): string {
  return `<section class="devices" id="devices" aria-labelledby="devices-title" hidden>
<div class="devices-head">
<h2 id="devices-title" tabindex="-1">${escapeHtml(texts.devicesTitle)}</h2>
<button class="quiet danger-text" type="button" id="revoke-all" aria-label="${escapeHtml(texts.revokeAllLabel)}" hidden>${escapeHtml(texts.revokeAll)}</button>
</div>
<p class="hint" id="devices-state">${escapeHtml(texts.devicesLoading)}</p>
<ul id="device-list"></ul>
</section>`;
}

/** The text part of a device row. The browser inserts the values. */
export const deviceText: string = `<h3><bdi class="device-name"></bdi></h3>
<p class="hint"><bdi class="device-app"></bdi><span class="device-platform"> · <bdi></bdi></span></p>
<p class="hint device-used"></p>
<p class="hint"><span class="device-paired"></span><span class="device-ends"> · <span></span></span></p>`;

/**
 * Returns the template of a device row, and the dialogs. Screen readers ignore live regions outside an open dialog, so
 * each dialog has a live region of its own.
 */
export function deviceDialogs(texts: PageTexts): string {
  const live = '<p class="visually-hidden" role="status" data-live></p>';
  return `<template id="device-template">
<li class="device">
<div class="device-text">
${deviceText}
</div>
<div class="device-actions">
<button class="quiet" type="button" data-action="rename">${escapeHtml(texts.rename)}</button>
<button class="quiet" type="button" data-action="revoke-others">${escapeHtml(texts.revokeOthers)}</button>
<button class="quiet danger-text" type="button" data-action="revoke">${escapeHtml(texts.revoke)}</button>
</div>
</li>
</template>
<dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
<form method="dialog">
<h2 id="confirm-title"></h2>
<p id="confirm-text"></p>
<p class="actions"><button value="keep" autofocus>${escapeHtml(texts.keep)}</button>
<button class="danger" value="confirm">${escapeHtml(texts.confirm)}</button></p>
</form>
${live}
</dialog>
<dialog id="rename" aria-labelledby="rename-title">
<form method="dialog">
<h2 id="rename-title">${escapeHtml(texts.renameTitle)}</h2>
<label for="rename-name">${escapeHtml(texts.renameField)}</label>
<input id="rename-name" name="name" type="text" dir="auto" required maxlength="64" autocomplete="off" aria-describedby="rename-hint">
<p class="hint" id="rename-hint">${escapeHtml(texts.renameHint)}</p>
<p class="actions"><button type="button" id="rename-cancel">${escapeHtml(texts.cancel)}</button>
<button class="primary" value="save">${escapeHtml(texts.save)}</button></p>
</form>
${live}
</dialog>`;
}
