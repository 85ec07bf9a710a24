// The device list of the quick-connect page.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { late } from './late-answer.js';
import { device } from './samples.js';
import { useVisits } from './visit.js';

describe('the device list of the quick-connect page', () => {
  const visits = useVisits();

  it('shows each device with its app, how and when it was paired, and when it was last used', async () => {
    visits.standIn.devices.push(
      device('a', 'Pixel 8', {
        app_version: '4.2.0',
        platform: 'Android 16',
        last_used_at: new Date(Date.now() - 300_000).toISOString(),
        last_address: '198.51.100.7',
      }),
      device('b', 'Tablet', { paired_by: 'code', client_id: 'koel-mobile' }),
      device('c', 'Radio', { paired_by: 'user-code', expires_at: '2026-11-04T09:30:00Z' }),
    );
    const page = await visits.visit({ timezoneId: 'Europe/Paris' });
    await page.locator('.device').nth(2).waitFor();
    const texts = await page.locator('.device-text').allInnerTexts();
    expect(texts.map((text) => text.trim().split(/\n+/))).to.deep.equal([
      [
        'Pixel 8',
        'koel-player 4.2.0 · Android 16',
        'Last used 5 minutes ago from 198.51.100.7',
        'Connected by QR code on Nov 3, 2026 · Expires on Nov 3, 2099',
      ],
      ['Tablet', 'koel-mobile', 'Not used yet', 'Connected by code on Nov 3, 2026 · Expires on Nov 3, 2099'],
      ['Radio', 'koel-player', 'Not used yet', 'Connected by device code on Nov 3, 2026 · Expired on Nov 4, 2026'],
    ]);
  });

  it('never lets an older list replace a newer one, or appear after the logout', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'), device('b', 'Radio'));
    const page = await visits.visit();
    await page.locator('.device').nth(1).waitFor();
    const old = await late(page, /\/devices$/);
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))");
    await old.read;
    await page.getByRole('button', { name: /^Revoke .Radio/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('.device', { hasText: 'Radio' }).waitFor({ state: 'detached' });
    await old.arrive();
    await page.evaluate('new Promise((done) => setTimeout(done))');
    expect(await page.locator('.device-name').allTextContents()).to.deep.equal(['Pixel 8']);

    const last = await late(page, /\/devices$/);
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))");
    await last.read;
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#panel-logged-out').waitFor();
    await last.arrive();
    await page.evaluate('new Promise((done) => setTimeout(done))');
    expect(await page.locator('.device').count()).to.equal(0);
  });

  it('renames a device', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'));
    const page = await visits.visit();
    await page.getByRole('button', { name: /^Rename/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Bedside');
    await page.keyboard.press('Enter');
    await page.locator('.device-name', { hasText: 'Bedside' }).waitFor();
    expect(visits.standIn.devices[0]?.name).to.equal('Bedside');
  });

  it('keeps the name when renaming is canceled', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'));
    const page = await visits.visit();
    await page.getByRole('button', { name: /^Rename/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Bedside');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(visits.standIn.requests.filter((request) => request.startsWith('PATCH'))).to.deep.equal([]);
  });

  it('revokes a device only after confirmation', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'), device('b', 'Tablet'));
    const page = await visits.visit();
    const revoke = page.getByRole('button', { name: /^Revoke .Pixel 8/ });
    await revoke.click();
    await page.getByRole('button', { name: 'Keep' }).click();
    expect(visits.standIn.devices).to.have.length(2);
    await revoke.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('.device-name', { hasText: 'Pixel 8' }).waitFor({ state: 'detached' });
    expect(visits.standIn.requests).to.include('DELETE devices/a');
  });

  it('revokes all other devices', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'), device('b', 'Tablet'), device('c', 'Watch'));
    const page = await visits.visit();
    await page.getByRole('button', { name: /^Revoke others.*Tablet/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('.device').nth(1).waitFor({ state: 'detached' });
    expect(visits.standIn.devices.map(({ id }) => id)).to.deep.equal(['b']);
  });

  it('revokes all devices', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'), device('b', 'Tablet'));
    const page = await visits.visit();
    await page.getByRole('button', { name: 'Revoke all devices' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No device is connected yet.').waitFor();
    expect(visits.standIn.requests).to.include('DELETE devices');
  });

  it('does not offer to revoke other or all devices if there is only one', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'));
    const page = await visits.visit();
    await page.locator('.device').waitFor();
    expect(await page.getByRole('button', { name: /others|all/ }).count()).to.equal(0);
  });

  it('says that a revocation failed, and keeps the device in the list', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'));
    const page = await visits.visit();
    visits.standIn.refuse(/^DELETE/, 503);
    await page.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('alert').getByText('The server cannot do this').waitFor();
    expect(await page.locator('.device').count()).to.equal(1);
  });

  it('treats a device that no longer exists as revoked', async () => {
    visits.standIn.devices.push(device('a', 'Pixel 8'));
    const page = await visits.visit();
    await page.locator('.device').waitFor();
    visits.standIn.devices.splice(0);
    await page.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No device is connected yet.').waitFor();
  });
});
