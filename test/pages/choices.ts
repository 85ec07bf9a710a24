// Whether yes and no weigh the same.
import { expect } from 'chai';
import type { Page } from 'playwright-core';

/** Expects Approve and Deny to have one size, one look and one line, the one reached right after the other. */
export async function expectAlike(page: Page): Promise<void> {
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
