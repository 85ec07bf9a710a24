// Simulates a slow network: the server answers a request early, and the response arrives late.
import type { Page } from 'playwright-core';

/** Lets the server answer the next request to a matching address, but delivers the response only on `arrive`. */
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
