// Builds the HTML of the page `quick-connect`. There is a panel for each state of a pairing. The browser code shows one
// panel at a time.
import type { PageTexts } from '../browser/texts/english.js';
import { type Frame, layout } from '../shared/layout.js';
import {
  approved,
  arrival,
  cancel,
  choices,
  connection,
  deviceDialogs,
  devices,
  ending,
  escapeHtml,
  facts,
  foot,
  panel,
  warning,
} from '../shared/markup.js';

function idle(texts: PageTexts): string {
  return `<ol class="steps">
${texts.idleSteps.map((step) => `<li>${escapeHtml(step)}</li>`).join('\n')}
</ol>
<p class="actions"><button class="primary" type="button" data-connect>${escapeHtml(texts.connect)}</button></p>`;
}

function open(texts: PageTexts): string {
  return `<div class="pairing" id="revealed">
<figure class="qr" id="qr-figure">
<div class="qr-ground"><img id="qr" alt="${escapeHtml(texts.qrAlt)}" width="208" height="208"></div>
<figcaption>${escapeHtml(texts.qrHint)}</figcaption>
</figure>
<p class="hint qr-failed" id="qr-failed" hidden>${escapeHtml(texts.qrFailed)}</p>
<div class="typed">
<p class="label" id="code-label">${escapeHtml(texts.codeLabel)}</p>
<p class="code" id="code" dir="ltr" translate="no" role="group" aria-labelledby="code-label"></p>
<progress class="code-time" id="code-time" aria-hidden="true" max="60" value="60"></progress>
<p class="hint" id="code-rotates"></p>
</div>
<p class="same-device"><a class="button" id="same-device" rel="noreferrer">${escapeHtml(texts.sameDevice)}</a></p>
</div>
<div class="concealed" id="concealed" hidden>
<p>${escapeHtml(texts.concealedText)}</p>
<p><button class="primary" type="button" id="reveal">${escapeHtml(texts.reveal)}</button></p>
</div>
${warning(texts.warningTitle, texts.warning)}
${foot('open', cancel(texts))}`;
}

function claimed(texts: PageTexts): string {
  return `<p>${escapeHtml(texts.claimText)}</p>
${facts(texts)}
${warning(texts.claimWarningTitle, texts.claimWarning)}
<form id="approval" novalidate>
<label for="match-number">${escapeHtml(texts.matchLabel)}</label>
<p class="hint" id="match-hint">${escapeHtml(texts.matchHint)}</p>
<input class="digits" id="match-number" type="text" inputmode="numeric" dir="ltr" required autocomplete="off" aria-describedby="match-hint match-trouble">
<p class="trouble" id="match-trouble" role="alert"></p>
${choices(texts)}
</form>
${foot('claimed', cancel(texts))}`;
}

/** Returns the HTML document of the page `quick-connect`. The document depends on the language, but not on the user. */
export function quickConnect(frame: Frame): string {
  const { texts } = frame;
  const over = (name: string, title: string, body: string) => ending(name, title, body, texts.newCode);
  return layout(frame, {
    brand: texts.brand,
    title: texts.title,
    lead: texts.lead,
    other: { question: texts.otherWay, link: texts.otherWayLink, page: 'activate' },
    script: 'connect/quick-connect.js',
    card: `${arrival(texts)}
${panel('idle', texts.idleTitle, idle(texts))}
${panel('open', texts.openTitle, open(texts))}
${panel('claimed', texts.claimTitle, claimed(texts))}
${approved(texts, texts.approvedText)}
${connection(texts, texts.newCode)}
${over('denied', texts.deniedTitle, texts.deniedText)}
${over('mismatched', texts.mismatchedTitle, texts.mismatchedText)}
${over('expired', texts.expiredTitle, texts.expiredText)}
${over('burned', texts.burnedTitle, texts.burnedText)}
${over('replayed', texts.replayedTitle, texts.replayedText)}
${over('cancelled', texts.cancelledTitle, texts.cancelledText)}
${over('gone', texts.goneTitle, texts.goneText)}`,
    main: devices(texts),
    after: deviceDialogs(texts),
  });
}
