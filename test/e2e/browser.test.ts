// test/e2e: the pages in a real browser. A camera reads the QR code, or a user types the code.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axe from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { type Chromium, type ObservedPage, startChromium, stopClock } from '../support/chromium.js';
import { type TemporaryFolder, temporaryFolder } from '../support/processes.js';
import { redeem, whoIs } from './journey.js';
import { sharedStack } from './shared-stack.js';
import type { Stack } from './stack.js';

const run = promisify(execFile);

describe('a browser', function () {
  this.timeout(180_000);
  let stack: Stack;
  let chromium: Chromium;
  let folder: TemporaryFolder;
  before(async () => {
    stack = await sharedStack();
    chromium = await startChromium();
    folder = await temporaryFolder('browser');
  });
  after(async () => {
    await chromium?.stop();
    await folder?.remove();
  });

  /** Logs in on the portal's page, and opens the pairing page with a code on it. */
  async function showCode(
    person: string,
    front = stack.front,
    prepare: (page: Page) => Promise<void> = async () => {},
  ): Promise<ObservedPage> {
    const browser = await chromium.open({ viewport: { width: 1000, height: 1000 } });
    const { page } = browser;
    // The proxy redirects to the portal, and the portal redirects back.
    await page.goto(`${front}/auth/quick-connect`);
    await page.getByRole('button', { name: `Log in as ${person}` }).click();
    await page.waitForURL('**/auth/quick-connect');
    await prepare(page);
    await page.locator('#panel-idle [data-connect]').click();
    await page.locator('#panel-open').waitFor();
    return browser;
  }

  /** Reads the QR code on the page from a screenshot, as a camera would. */
  async function readQrCode(page: Page): Promise<string> {
    await page.locator('#qr').evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode());
    const path = join(folder.path, 'page.png');
    await page.screenshot({ path });
    const { stdout } = await run('zbarimg', ['-q', '--raw', path]);
    return stdout.trim();
  }

  /** Waits until the phone's page names its account. Returns the phone's token. */
  async function expectConnected(phone: Page, name: string): Promise<string> {
    await phone.locator('#connected').waitFor();
    expect(await phone.locator('#account').textContent()).to.contain(name);
    await phone.getByRole('button', { name: 'Who am I?' }).click();
    await phone.locator('#output').waitFor();
    expect(await phone.locator('#output').textContent()).to.contain('"method": "token"');
    const stored = await phone.evaluate('localStorage.getItem("connection")');
    return (JSON.parse(String(stored)) as { token: string }).token;
  }

  it('connects a phone by the QR code, as zbarimg reads it from a screenshot', async () => {
    const { page, complaints } = await showCode('carol');
    const link = await readQrCode(page);
    expect(link).to.match(new RegExp(`^${stack.phone}/link#v=1&iss=`, 'u'));

    const phone = await chromium.open({ viewport: { width: 400, height: 800 } });
    await phone.page.goto(link);
    expect(phone.page.url(), 'the secret is not in the history').to.equal(`${stack.phone}/link`);
    await phone.page.getByLabel('This phone’s name').fill('Carol’s phone');
    await phone.page.getByRole('button', { name: 'Connect', exact: true }).click();
    const token = await expectConnected(phone.page, 'carol');

    await page.locator('#panel-connected').waitFor();
    expect(await page.locator('#connected-title').textContent()).to.contain('Carol’s phone');
    expect((await whoIs(stack.front, token)).json).to.include({ subject: 'carol', method: 'token' });
    expect([...complaints, ...phone.complaints]).to.deep.equal([]);
  });

  it('connects a phone by the typed code, in lowercase and without dashes, and revokes it on the page', async () => {
    const { page, complaints } = await showCode('bob');
    const code = String(await page.locator('#code .code-groups').textContent());

    const phone = await chromium.open({ viewport: { width: 400, height: 800 } });
    await phone.page.goto(stack.phone);
    await phone.page.getByLabel('Code').fill('AAAA-AAAA-AAAA');
    await phone.page.getByRole('button', { name: 'Connect', exact: true }).click();
    await phone.page.getByText('This code is wrong, used or too old.').waitFor();
    await phone.page.getByLabel('Code').fill(code.toLowerCase().replaceAll('-', ' '));
    await phone.page.getByRole('button', { name: 'Connect', exact: true }).click();
    const token = await expectConnected(phone.page, 'bob');

    await page.locator('#panel-connected').waitFor();
    await page.locator('#revoke-now').click();
    await page.locator('#panel-revoked').waitFor();
    expect((await whoIs(stack.front, token)).status).to.equal(401);
    await phone.page.getByRole('button', { name: 'Who am I?' }).click();
    await phone.page.getByText('does not take this phone’s token any more').waitFor();
    expect([...complaints, ...phone.complaints]).to.deep.equal([]);
  });

  it('learns from the event stream of one instance that the other has redeemed the code', async () => {
    // With a stopped clock the code does not expire, and the page has no reason to poll.
    const { page, complaints } = await showCode('bob', stack.one.front, stopClock);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    const code = String(await page.locator('#code .code-groups').textContent());
    expect((await redeem(stack.two.front, code, 'A phone elsewhere')).status).to.equal(200);
    await page.locator('#connected-title', { hasText: 'A phone elsewhere' }).waitFor();
    // The stream notified the page. Polling every two seconds would also find the change, but take twice as long as
    // people wait. The request that opens the stream is no poll; it may come after the listener above.
    expect(asked.filter((request) => /^GET \/auth\/pairings\/[^/]+$/u.test(request))).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });

  it('warns of a link that belongs to another server, and sends its secret nowhere', async () => {
    const phone = await chromium.open();
    await phone.page.goto(`${stack.phone}/link#v=1&iss=https://evil.example/auth&id=1&s=2`);
    await phone.page.getByRole('button', { name: 'Connect', exact: true }).click();
    await phone.page.getByText('This link is for another server').waitFor();
    expect(phone.complaints).to.deep.equal([]);
  });

  it('shows on the start page who the user is and why they have their roles', async () => {
    const { page, complaints } = await chromium.open();
    await page.goto(stack.front);
    await page.locator('#groups-carol').fill('analysts, book-club');
    await page.getByRole('button', { name: 'Log in as carol' }).click();
    await page.getByRole('heading', { name: 'Hello, Carol Chang' }).waitFor();
    const row = page.getByRole('row', { name: /^analyst / });
    expect(await row.textContent()).to.contain('group analysts, by the mapping in the directory');
    expect(await page.getByText('Gives no role').textContent()).to.contain('book-club');
    await page.getByRole('link', { name: 'Reports' }).click();
    await page.getByRole('heading', { name: 'Reports' }).waitFor();
    expect(complaints).to.deep.equal([]);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`shows demo pages without axe violations in the ${colorScheme} color scheme`, async () => {
      const { page } = await chromium.open({ colorScheme, viewport: { width: 800, height: 900 } });
      const violations = async (url: string): Promise<unknown> => {
        await page.goto(url);
        await page.evaluate(axe.source);
        return page.evaluate(
          'axe.run().then((result) => result.violations.map(({ id, nodes }) => [id, nodes[0].html]))',
        );
      };
      expect(await violations(`${stack.front}/sso/login`)).to.deep.equal([]);
      await page.getByRole('button', { name: 'Log in as alice' }).click();
      for (const url of [
        `${stack.front}/`,
        `${stack.front}/auth/admin`,
        `${stack.one.url}/local/login`,
        `${stack.phone}/`,
      ]) {
        expect(await violations(url), url).to.deep.equal([]);
      }
    });
  }
});
