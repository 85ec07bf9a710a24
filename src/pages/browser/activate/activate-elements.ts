// Finds the elements of the page `activate`.
import { anyElement, type Find } from '../shared/dom.js';
import type { PanelOf } from '../shared/page-ids.js';
import { showAnyPanel } from '../shared/panels.js';
import type { ActivateId } from './activate-ids.js';

/** Returns the element with this id. */
export const element: Find<ActivateId> = anyElement;

/**
 * Shows a panel of this page. If the focus was in the previous panel, the focus moves to the heading of the new panel.
 */
export const showPanel: (panel: PanelOf<ActivateId>) => void = showAnyPanel;
