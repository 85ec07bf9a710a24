// Finds the elements that both `quick-connect` and `activate` have.
import { anyElement, type Find } from './dom.js';
import type { ConnectionId, PanelOf } from './page-ids.js';
import { showAnyPanel } from './panels.js';

/** Returns the element with this id. */
export const element: Find<ConnectionId> = anyElement;

/** Shows a panel. If the focus was in the previous panel, it moves to the heading of the new one. */
export const showPanel: (panel: PanelOf<ConnectionId>) => void = showAnyPanel;
