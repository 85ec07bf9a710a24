// The texts that only the page `admin` has. They come with its document, beside those of all pages.

import { element } from '../shared/dom.js';
import type { AdminTexts } from './admin-english.js';

/** The texts in the language of the document. */
export const adminTexts = JSON.parse(element('admin-texts').textContent ?? '') as AdminTexts;
