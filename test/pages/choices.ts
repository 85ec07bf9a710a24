// Checks that Approve and Deny look equal, so that neither is the default.
import { expect } from 'chai';
import type { Page } from 'playwright-core';

/** Expects Approve and Deny to have the same size and style, and to follow each other in the tab order. */
export async function expectEqualLook(page: Page): Promise<void> {
  const [approve, deny] = [page.locator('#approve'), page.locator('#deny')];
  const [yes, no] = [await approve.boundingBox(), await deny.boundingBox()];
  expect(no?.width).to.be.closeTo(yes?.width ?? 0, 0.5);
  expect(no?.height).to.equal(yes?.height);
  expect(no?.height).to.be.at.least(44);
  const look = `['color', 'backgroundColor', 'borderColor', 'fontSize', 'fontWeight', 'opacity']`;
  const [yesLooks, noLooks] = await Promise.all(
    ['approve', 'deny'].map((id) =>
      page.evaluate(`${look}.map((name) => getComputedStyle(document.getElementById('${id}'))[name])`),
    ),
  );
  expect(noLooks).to.deep.equal(yesLooks);
  await approve.focus();
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.id')).to.equal('deny');
}
