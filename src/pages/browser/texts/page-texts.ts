// Reads the texts of the page from the document. The texts are part of the document, so that the page can show an error
// even when the server is unreachable.
import { element } from '../shared/dom.js';
import type { PageTexts } from './english.js';
import type { PluralText } from './plural-text.js';

/** The texts in the language of the document. */
export const texts = JSON.parse(element('texts').textContent ?? '') as Omit<PageTexts, 'admin'>;

const plurals = new Intl.PluralRules(texts.language);

/** Returns the plural form for this number. */
export function plural(text: PluralText, count: number): string {
  return text[plurals.select(count)] ?? text.other;
}
