// SQL injection: text that would be SQL if it were part of a statement.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Directory } from '../../src/vocabulary/ports.js';
import { mariadbStatements, postgresStatements, sqliteStatements } from '../support/directory-statements.js';
import { refusal } from '../support/people.js';

const attacks = [
  `'; DROP TABLE latchkey_users; --`,
  `' OR '1'='1`,
  `victim' --`,
  `') ON CONFLICT DO NOTHING; --`,
  `\\'; DELETE FROM latchkey_devices; --`,
  `$1`,
  `$$; SELECT pg_sleep(10); $$`,
  `"; TRUNCATE latchkey_group_roles; --`,
  `/* */ UNION SELECT * FROM latchkey_users`,
  `%`,
  `_______`,
  `NULL`,
  `null`,
  `{admin}`,
  `{admin,"x"}`,
  `admin,root`,
  `"admin"`,
  `a"b\\c`,
  `\\`,
  `\\x41`,
  `E'\\101'`,
  `::text`,
  ``,
  ` `,
  `\t\n\r`,
  `ʼ; DROP TABLE latchkey_users; --`,
  `?`,
  `:a @b $c`,
  `\``,
  `!_!%`,
  `[a-z]*?`,
  `X'41'`,
  `0x41`,
  `[{"id":"x"}]`,
  `JSON_EXTRACT(1, '$.id')`,
  `\u{10ffff}`,
  `🎵'🎵" --`,
];

/** Texts that no database could store unaltered. */
const unstorable = ['x\0', "\0'; --", '\ud800', 'x\udfff'];

/** Texts that are too long for every column of SQLite and MariaDB. The columns of Postgres have no limit. */
const tooLong = ["'".repeat(20_000), '🎵'.repeat(20_000)];

/**
 * A statement may depend on the kind of a text, never on the text itself: an index needs three characters or more, `*`
 * is a wildcard, and text with `I` or non-ASCII characters has two lower cases.
 */
function harmlessLike(text: string): string {
  const length = [...text].length < 3 ? 'p' : 'plain';
  return length + (text.includes('*') ? '*' : '') + (/^[ -HJ-~]*$/.test(text) ? '' : 'I');
}

for (const kind of [postgresStatements(), sqliteStatements(), mariadbStatements()])
  describe(`SQL injection (${kind.name})`, () => {
    let directory: Directory;

    before(function () {
      return kind.start.call(this);
    });
    after(() => kind.stop());
    beforeEach(async () => {
      directory = await kind.open();
      await directory.provision({ subject: 'victim', groups: ['staff'] }, 'active');
      await directory.putMapping({ group: 'admins', roles: ['admin'] });
    });

    for (const attack of attacks) {
      it(`treats ${JSON.stringify(attack)} as text only`, async () => {
        const subject = `x${attack}`;

        const provisioned = await directory.provision(
          { subject, displayName: attack, email: attack, groups: [attack] },
          'active',
        );
        expect(provisioned).to.have.property('outcome', 'created');
        const [user] = (await directory.listUsers({ after: { subject: 'victim' }, limit: 10 })) as [never];
        expect(user).to.include({ subject, displayName: attack, email: attack });
        expect(user).to.deep.include({ groups: [attack] });

        const granted = await directory.updateUser(subject, { addRoles: [attack, 'c'] });
        expect(granted?.grantedRoles).to.deep.equal([attack, 'c'].sort());
        expect((await directory.updateUser(subject, { removeRoles: [attack] }))?.grantedRoles).to.deep.equal(['c']);
        expect(await directory.findUser(subject)).to.have.property('version', 3);

        const group = `g${attack}`;
        const mapping = await directory.putMapping({ group, roles: [attack] });
        const given = ({ groupRoles }: typeof mapping) => groupRoles.map((entry) => [entry.group, entry.roles]);
        expect(given(mapping)).to.deep.include([group, [attack]]);
        expect(given(await directory.deleteMapping(group))).to.deep.equal([['admins', ['admin']]]);

        const id = randomUUID();
        const about = { id, userId: granted?.id ?? '', pairedBy: 'qr', createdAt: new Date(0), expiresAt: new Date(1) };
        const name = `n${attack}`;
        const texts = { name, clientId: name, appVersion: name, platform: name, lastAddress: name };
        await directory.createDevice({ ...about, ...texts } as never, 1);
        expect(await directory.findDevice(id))
          .to.have.property('device')
          .that.includes(texts);
        await directory.touchDevices([{ id, lastUsedAt: new Date(0), lastAddress: `l${attack}` }]);
        expect(await directory.findDevice(id)).to.have.nested.property('device.lastAddress', `l${attack}`);
        expect(await directory.renameDevice(about.userId, id, `m${attack}`)).to.include({ name: `m${attack}` });

        const actor = { subject: `a${attack}`, address: `b${attack}` };
        const disable = (role: string) =>
          directory.updateUser(subject, { disabled: true }, { actor, keeping: { role, groups: [attack] } });
        expect(await refusal(disable(attack))).to.equal('ERR_LAST_ADMINISTRATOR');
        await directory.updateUser('victim', { addRoles: ['other'] });
        await disable('other');
        await directory.updateUser('victim', { removeRoles: ['other'] });
        const [entry] = await directory.listAudit({ actor: actor.subject, subject, limit: 2 });
        expect(entry).to.deep.include({ actor, changes: { disabled: { from: false, to: true } } });
        expect(await directory.listUsers({ search: subject, limit: 10 })).to.have.length(1);
        const holders = await directory.listUsers({ role: { role: 'none', groups: [`${attack}*`] }, limit: 10 });
        expect(holders.map((holder) => holder.subject)).to.include(subject);
        expect(await directory.searchDevices({ search: `m${attack}`, now: new Date(0), limit: 10 })).to.have.length(1);
        expect(await directory.countGroupSets(attack)).to.deep.include({ groups: [attack], users: 1 });

        expect(await directory.deleteUser(subject)).to.equal(true);
        expect(await directory.findUser('victim')).to.deep.include({
          groups: ['staff'],
          grantedRoles: [],
        });
        expect(await directory.listUsers({ limit: 10 })).to.have.length(1);
      });

      it(`finds and changes no user with ${JSON.stringify(attack)}`, async () => {
        const before = await directory.findUser('victim');
        expect(await directory.findUser(attack)).to.equal(undefined);
        expect(await directory.findUserById(attack)).to.equal(undefined);
        expect(await directory.findDevice(attack)).to.equal(undefined);
        expect(await directory.updateUser(attack, { addRoles: ['admin'] })).to.equal(undefined);
        expect(await directory.deleteUser(attack)).to.equal(false);
        expect(await directory.provision({ subject: `x${attack}` }, 'never')).to.deep.equal({ outcome: 'absent' });
        expect(await directory.listDevices(attack, new Date(0))).to.deep.equal([]);
        expect(await directory.revokeDevices(attack, { only: attack }, new Date(0))).to.deep.equal([]);
        expect(await directory.renameDevice(attack, attack, 'x')).to.equal(undefined);
        await directory.touchDevices([{ id: attack, lastUsedAt: new Date(0), lastAddress: attack }]);
        await directory.touchUsers([{ userId: attack, lastAssertedAt: new Date(0) }]);
        expect(await directory.renewDevice(attack, 1, new Date(0), new Date(0))).to.equal(undefined);
        expect(await directory.confirmRenewal(attack, 1, new Date(0))).to.equal(undefined);
        expect(await directory.listUsers({ search: `x${attack}`, limit: 10 })).to.deep.equal([]);
        expect(
          await directory.listUsers({ role: { role: `x${attack}`, groups: [`x${attack}`] }, limit: 10 }),
        ).to.deep.equal([]);
        expect(await directory.countGroupSets(`x${attack}`)).to.deep.equal([]);
        expect(await directory.searchDevices({ subject: attack, now: new Date(0), limit: 10 })).to.deep.equal([]);
        for (const query of [
          { actor: attack },
          { subject: attack },
          { group: attack },
          { deviceId: attack },
          { after: { id: attack } },
        ]) {
          expect(await directory.listAudit({ ...query, limit: 10 })).to.deep.equal([]);
        }
        expect(await directory.findUser('victim')).to.deep.equal(before);
      });
    }

    it('stores no text that the database would alter, wherever it is', async () => {
      await directory.createUser({ subject: 'local', authMethod: 'local' });
      const { id: userId } = (await directory.findUser('victim')) ?? expect.fail();
      const whole = async () => [
        await directory.listUsers({ limit: 10 }),
        await directory.mapping().then(({ groupRoles }) => groupRoles),
        await directory.listAudit({ limit: 100 }),
        await directory.searchDevices({ now: new Date(0), limit: 10 }),
      ];
      const before = await whole();
      for (const text of [...unstorable, ...(kind.name === 'Postgres' ? [] : tooLong)]) {
        const actor = { subject: text };
        const device = { id: randomUUID(), userId, clientId: 'app', pairedBy: 'qr' } as const;
        const dates = { createdAt: new Date(0), expiresAt: new Date(1000) };
        for (const call of [
          directory.provision({ subject: text }, 'active'),
          directory.provision({ subject: 'new', displayName: text }, 'active'),
          directory.provision({ subject: 'new', email: text }, 'active'),
          directory.provision({ subject: 'new', groups: [text] }, 'active'),
          directory.createUser({ subject: text, authMethod: 'local' }),
          directory.createUser({ subject: 'new', authMethod: 'local', grantedRoles: [text] }),
          directory.updateUser('victim', { addRoles: [text] }),
          directory.updateUser('victim', { disabled: true }, { actor }),
          directory.renameUser?.('victim', text),
          directory.linkHostUser?.('victim', text),
          directory.putMapping({ group: text, roles: ['a'] }),
          directory.putMapping({ group: 'new', roles: [text] }),
          directory.putMapping({ group: 'new', roles: ['a'], note: text }),
          directory.createDevice({ ...device, ...dates, name: text }),
          directory.createDevice({ ...device, ...dates, name: 'Phone', platform: text }),
        ]) {
          expect(await refusal(call), JSON.stringify(text.slice(0, 9))).to.equal('ERR_DIRECTORY_VALUE');
        }
        expect(await refusal(directory.listUsers({ search: text, limit: 10 }))).to.equal(undefined);
        expect(await directory.listAudit({ actor: text, limit: 10 })).to.deep.equal([]);
        expect(await directory.searchDevices({ search: text, now: new Date(0), limit: 10 })).to.deep.equal([]);
        expect(await directory.findUser(text)).to.equal(undefined);
        expect(await directory.countGroupSets(`${text}*`)).to.deep.equal([]);
      }
      expect(await whole()).to.deep.equal(before);
    });

    it('is impossible because no statement depends on its parameters', async () => {
      async function statementsWith(text: string): Promise<readonly string[]> {
        kind.statements.length = 0;
        await directory.provision({ subject: text, displayName: text, email: text, groups: [text] }, 'active');
        const user = await directory.updateUser(text, { disabled: true, addRoles: [text], removeRoles: ['x'] });
        await directory.createUser({ subject: `${text}2`, authMethod: 'local', grantedRoles: [text] });
        await directory.findUser(text);
        await directory.findUserById(user?.id ?? '');
        await directory.listUsers({ after: { subject: text }, limit: text.length });
        await directory.putMapping({ group: text, roles: [text] });
        await directory.deleteMapping(text);
        await directory.countGroupSets(text);
        const role = { role: text, groups: [text] };
        await directory.listUsers({ search: text, role, disabled: true, limit: 10 });
        const context = { actor: { subject: text, address: text }, keeping: role };
        await directory.putMapping({ group: text, roles: [text, 'x'], note: text }, context);
        await directory.updateUser(text, { disabled: false }, context);
        await directory.listAudit({ actor: text, subject: text, group: text, limit: text.length });
        await directory.searchDevices({ search: text, subject: text, now: new Date(text.length), limit: text.length });
        const id = randomUUID();
        const said = { name: text, clientId: text, appVersion: text, platform: text, lastAddress: text };
        const about = { id, userId: user?.id ?? '', ...said, pairedBy: 'qr' } as const;
        const dates = { createdAt: new Date(text.length), expiresAt: new Date(1000) };
        await directory.createDevice({ ...about, ...dates });
        await directory.createDevice({ ...about, id: randomUUID(), ...dates }, text.length + 2);
        await directory.findDevice(id);
        await directory.listDevices(about.userId, new Date(text.length));
        await directory.renameDevice(about.userId, id, `${text}2`);
        await directory.touchDevices([{ id, lastUsedAt: new Date(text.length), lastAddress: text }]);
        await directory.touchUsers([{ userId: about.userId, lastAssertedAt: new Date(text.length) }]);
        await directory.renewDevice(id, 1, new Date(text.length), new Date(2000));
        await directory.confirmRenewal(id, 2, new Date(text.length));
        for (const selection of ['all', { only: id }, { except: id }] as const) {
          await directory.revokeDevices(about.userId, selection, new Date(text.length));
        }
        await directory.deleteUser(text);
        // MariaDB is asked for its settings on each new connection. A limit is part of the statement, as a whole number,
        // because some versions of MySQL take no parameter there.
        return kind.statements
          .filter((statement) => !statement.includes('@@SESSION.character_set_client'))
          .map((statement) => statement.replaceAll(/\b(LIMIT|OFFSET) \d+/g, '$1 n'));
      }
      for (const attack of attacks.filter((text) => text.trim() !== '')) {
        const plain = await statementsWith(harmlessLike(attack));
        await directory.deleteUser(`${harmlessLike(attack)}2`);
        expect(plain.length).to.be.greaterThan(20);
        expect(await statementsWith(attack)).to.deep.equal(plain);
        await directory.deleteUser(`${attack}2`);
      }
    });
  });
