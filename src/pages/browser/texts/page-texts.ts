// The table of the language that the document is in. It comes with the document, so that the page can
// say even why the server cannot be reached.
import { element } from '../shared/dom.js';
import type { PageTexts } from './english.js';
import type { PluralText } from './plural-text.js';

/** The texts in the language of the document. */
export const texts = JSON.parse(element('texts').textContent ?? '') as Omit<PageTexts, 'admin'>;

const plurals = new Intl.PluralRules(texts.language);

/** The sentence for this number. */
export function plural(text: PluralText, count: number): string {
  return text[plurals.select(count)] ?? text.other;
}
