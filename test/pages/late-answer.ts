// An answer that was read early and arrives late, as slow networks have them.
import type { Page } from 'playwright-core';

/** Has the next request to an address like this answered at once, but the answer handed over only by the returned function. */
export async function late(
  page: Page,
  address: RegExp,
): Promise<{ readonly read: Promise<void>; arrive(): Promise<void> }> {
  let isRead = () => {};
  let mayArrive = () => {};
  let hasArrived = () => {};
  const promised = (take: (done: () => void) => void) => new Promise<void>(take);
  const read = promised((done) => {
    isRead = done;
  });
  const allowed = promised((done) => {
    mayArrive = done;
  });
  const arrived = promised((done) => {
    hasArrived = done;
  });
  await page.route(
    address,
    async (route) => {
      const response = await route.fetch();
      isRead();
      await allowed;
      await route.fulfill({ response });
      hasArrived();
    },
    { times: 1 },
  );
  return {
    read,
    async arrive() {
      mayArrive();
      await arrived;
    },
  };
}
