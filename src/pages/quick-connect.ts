// pages: the markup of the `quick-connect` page. Every state is a panel in it; the browser shows one and fills it in.
import { strings } from './browser/strings.js';
import { layout, text } from './layout.js';

const check = `<svg class="mark" aria-hidden="true" viewBox="0 0 24 24" width="40" height="40"><circle cx="12" cy="12" r="10.5"/><path d="m7.5 12.5 3 3 6-6.5"/></svg>`;

/** One state of the card. Headings take the focus when the element that had it goes with the state before. */
function panel(name: string, title: string, body: string, mark = ''): string {
  return `<div class="panel panel-${name}" id="panel-${name}"${name === 'loading' ? '' : ' hidden'}>
${mark}<h2 id="${name}-title" tabindex="-1">${text(title)}</h2>
${body}
</div>`;
}

/** A panel that says how an attempt ended and offers the next one. */
function ending(name: string, title: string, body: string): string {
  return panel(
    name,
    title,
    `<p>${text(body)}</p>
<p class="actions"><button class="primary" type="button" data-connect>${text(strings.newCode)}</button></p>`,
  );
}

const login = `<p class="actions"><a class="button primary" data-login href="login">${text(strings.logIn)}</a></p>`;

const open = `<div class="pairing">
<figure class="qr" id="qr-figure">
<div class="qr-ground"><img id="qr" alt="${text(strings.qrAlt)}" width="208" height="208"></div>
<figcaption>${text(strings.qrHint)}</figcaption>
</figure>
<p class="hint qr-failed" id="qr-failed" hidden>${text(strings.qrFailed)}</p>
<div class="typed">
<p class="label" id="code-label">${text(strings.codeLabel)}</p>
<p class="code" id="code" dir="ltr" translate="no" role="group" aria-labelledby="code-label"></p>
<progress class="code-time" id="code-time" aria-hidden="true" max="60" value="60"></progress>
<p class="hint" id="code-rotates"></p>
</div>
<p class="same-device"><a class="button" id="same-device" rel="noreferrer">${text(strings.sameDevice)}</a></p>
</div>
<p class="warning"><strong>${text(strings.warningTitle)}</strong> ${text(strings.warning)}</p>
<div class="foot">
<p class="waiting"><span class="pulse" aria-hidden="true"></span><span id="waiting" role="timer"></span></p>
<button type="button" id="cancel">${text(strings.cancel)}</button>
</div>`;

const connected = `<p>${text(strings.connectedText)}</p>
<p class="doubt">${text(strings.connectedDoubt)}</p>
<p class="actions"><button class="danger" type="button" id="revoke-now">${text(strings.revokeNow)}</button>
<button type="button" data-connect>${text(strings.connectAnother)}</button></p>`;

const idle = `<ol class="steps">
${strings.idleSteps.map((step) => `<li>${text(step)}</li>`).join('\n')}
</ol>
<p class="actions"><button class="primary" type="button" data-connect>${text(strings.connect)}</button></p>`;

const main = `<h1>${text(strings.title)}</h1>
<p class="lead">${text(strings.lead)}</p>
<noscript><p class="notice">${text(strings.needsScript)}</p></noscript>
<div class="notice" id="notice" role="alert" hidden><p id="notice-text"></p><button type="button" id="try-again">${text(strings.tryAgain)}</button></div>
<section class="card" id="connect" aria-label="${text(strings.brand)}">
${panel('loading', strings.loadingTitle, `<p>${text(strings.loadingText)}</p>`)}
${panel('idle', strings.idleTitle, idle)}
${panel('open', strings.openTitle, open)}
${panel('connected', strings.connectedTitle, connected, check)}
${ending('revoked', strings.revokedTitle, strings.revokedText)}
${ending('expired', strings.expiredTitle, strings.expiredText)}
${ending('burned', strings.burnedTitle, strings.burnedText)}
${ending('replayed', strings.replayedTitle, strings.replayedText)}
${ending('cancelled', strings.cancelledTitle, strings.cancelledText)}
${ending('gone', strings.goneTitle, strings.goneText)}
${panel('login', strings.loginTitle, `<p>${text(strings.loginText)}</p>\n${login}`)}
${panel('logged-out', strings.loggedOutTitle, `<p>${text(strings.loggedOutText)}</p>\n${login}`)}
</section>
<section class="devices" id="devices" aria-labelledby="devices-title" hidden>
<div class="devices-head">
<h2 id="devices-title" tabindex="-1">${text(strings.devicesTitle)}</h2>
<button class="quiet danger-text" type="button" id="revoke-all" aria-label="${text(strings.revokeAllLabel)}" hidden>${text(strings.revokeAll)}</button>
</div>
<p class="hint" id="devices-state">${text(strings.devicesLoading)}</p>
<ul id="device-list"></ul>
</section>`;

const after = `<template id="device-template">
<li class="device">
<div class="device-text">
<h3><bdi class="device-name"></bdi></h3>
<p class="hint"><bdi class="device-app"></bdi> · <span class="device-used"></span></p>
<p class="hint device-paired"></p>
</div>
<div class="device-actions">
<button class="quiet" type="button" data-action="rename">${text(strings.rename)}</button>
<button class="quiet" type="button" data-action="revoke-others">${text(strings.revokeOthers)}</button>
<button class="quiet danger-text" type="button" data-action="revoke">${text(strings.revoke)}</button>
</div>
</li>
</template>
<dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
<form method="dialog">
<h2 id="confirm-title"></h2>
<p id="confirm-text"></p>
<p class="actions"><button value="keep" autofocus>${text(strings.keep)}</button>
<button class="danger" value="confirm">${text(strings.confirm)}</button></p>
</form>
</dialog>
<dialog id="rename" aria-labelledby="rename-title">
<form method="dialog">
<h2 id="rename-title">${text(strings.renameTitle)}</h2>
<label for="rename-name">${text(strings.renameField)}</label>
<input id="rename-name" name="name" type="text" dir="auto" required maxlength="64" autocomplete="off" aria-describedby="rename-hint">
<p class="hint" id="rename-hint">${text(strings.renameHint)}</p>
<p class="actions"><button type="button" id="rename-cancel">${text(strings.cancel)}</button>
<button class="primary" value="save">${text(strings.save)}</button></p>
</form>
</dialog>`;

/** The document of the `quick-connect` page, the same for everybody. */
export const quickConnect: string = layout({
  title: strings.title,
  brand: strings.brand,
  script: 'quick-connect.js',
  main,
  after,
});
