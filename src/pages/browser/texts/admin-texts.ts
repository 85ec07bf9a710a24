// Reads the texts of the page `admin` from the document.

import { element } from '../admin/admin-elements.js';
import type { AdminTexts } from './admin-english.js';

/** The texts of the page `admin` in the language of the document. */
export const adminTexts = JSON.parse(element('admin-texts').textContent ?? '') as AdminTexts;
