// Builds the HTML of the page `activate` (RFC 8628 §3.3). On this page, the user enters the code that a device shows,
// and then approves or denies the device (§5.4).
import type { PageTexts } from '../browser/texts/english.js';
import { type Frame, layout } from '../shared/layout.js';
import {
  approved,
  arrival,
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

const example = '<bdi dir="ltr" translate="no">WDJB-MJHT</bdi>';

function enter(texts: PageTexts): string {
  return `<form id="look-up" novalidate>
<label for="user-code">${escapeHtml(texts.userCodeLabel)}</label>
<p class="hint" id="user-code-hint">${escapeHtml(texts.userCodeHint).replace('{example}', example)}</p>
<input class="user-code" id="user-code" type="text" dir="ltr" translate="no" required autocomplete="off" autocapitalize="characters" spellcheck="false" aria-describedby="user-code-hint user-code-trouble">
<p class="trouble" id="user-code-trouble" role="alert"></p>
<p class="actions"><button class="primary" id="continue">${escapeHtml(texts.lookUp)}</button></p>
</form>`;
}

function decide(texts: PageTexts): string {
  return `<p id="decide-text"></p>
${facts(texts)}
${warning(texts.decideWarningTitle, texts.decideWarning)}
<form id="decision">
${choices(texts)}
</form>
${foot('decide', `<button type="button" data-connect>${escapeHtml(texts.anotherCode)}</button>`)}`;
}

/** Returns the HTML document of the page `activate`. The document depends on the language, but not on the user. */
export function activate(frame: Frame): string {
  const { texts } = frame;
  const over = (name: string, title: string, body: string) => ending(name, title, body, texts.anotherCode);
  return layout(frame, {
    brand: texts.brand,
    title: texts.activateTitle,
    lead: texts.activateLead,
    other: { question: texts.activateOtherWay, link: texts.activateOtherWayLink, page: 'quick-connect' },
    script: 'activate/activate.js',
    card: `${arrival(texts)}
${panel('idle', texts.enterTitle, enter(texts))}
${panel('decide', texts.claimTitle, decide(texts))}
${approved(texts, texts.deviceApprovedText)}
${connection(texts, texts.anotherCode)}
${over('denied', texts.deniedTitle, texts.deviceDeniedText)}
${over('over', texts.overTitle, texts.overText)}
${over('expired', texts.expiredTitle, texts.expiredText)}
${over('replayed', texts.replayedTitle, texts.replayedText)}
${over('cancelled', texts.cancelledTitle, texts.cancelledText)}
${over('gone', texts.goneTitle, texts.goneText)}`,
    main: devices(texts),
    after: deviceDialogs(texts),
  });
}
