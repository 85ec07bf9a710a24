// Finds the elements of the page `quick-connect`.
import { anyElement, type Find } from '../shared/dom.js';
import type { PanelOf } from '../shared/page-ids.js';
import { showAnyPanel } from '../shared/panels.js';
import type { ConnectId } from './connect-ids.js';

/** Returns the element with this id. */
export const element: Find<ConnectId> = anyElement;

/**
 * Shows a panel of this page. If the focus was in the previous panel, the focus moves to the heading of the new panel.
 */
export const showPanel: (panel: PanelOf<ConnectId>) => void = showAnyPanel;
