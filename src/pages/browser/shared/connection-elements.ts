// Finds elements that exist on both pages, `quick-connect` and `activate`.
import { anyElement, type Find } from './dom.js';
import type { ConnectionId, PanelOf } from './page-ids.js';
import { showAnyPanel } from './panels.js';

/** Returns the element with this id. */
export const element: Find<ConnectionId> = anyElement;

/** Shows a panel. If the focus was in the previous panel, the focus moves to the heading of the new panel. */
export const showPanel: (panel: PanelOf<ConnectionId>) => void = showAnyPanel;
