// Reads from the document which changes of users the server supports.

import { element } from './admin-elements.js';
import type { AdminFeatures } from './admin-features.js';

/** The features that this server supports. */
export const features = JSON.parse(element('admin-features').textContent ?? '') as AdminFeatures;
