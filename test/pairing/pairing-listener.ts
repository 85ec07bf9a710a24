// A listener for the views of a pairing, for tests of watching.
import type { PairingView } from '../../src/pairing/view.js';
import type { PairingRig } from '../support/pairing-rig.js';

/** What a listener gets: the view of a pairing, or `undefined` if there is none. */
export type Told = PairingView | undefined;

/** A listener that records its views. Tests can wait for them. */
export interface Listener {
  readonly told: readonly Told[];
  hear(view: Told): void;
  until(condition: () => boolean): Promise<void>;
  /** Resolves to the statuses once there are this many. */
  statuses(count: number): Promise<readonly (string | undefined)[]>;
}

/** Creates a listener. */
export function listener(): Listener {
  const told: Told[] = [];
  let wake = (): void => undefined;
  /** The sequence of statuses. A new code is not a new status, because a new minute can begin at any time. */
  const statuses = () =>
    told.map((view) => view?.status).filter((status, at, all) => at === 0 || status !== all[at - 1]);
  return {
    told,
    hear(view) {
      told.push(view);
      wake();
    },
    async until(condition) {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async statuses(count) {
      await this.until(() => statuses().length >= count);
      return statuses();
    },
  };
}

/** A pairing that waits for approval: its view does not change while a test runs, as an open one does with its code. */
export async function claimed(rig: PairingRig): Promise<string> {
  const { id, code = '' } = await rig.pairings.open(rig.alice);
  await rig.claim(code);
  return id;
}
