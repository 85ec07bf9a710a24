// The functions for users that hosts call: their signatures and documentation.
import type { NewUser, UserChange } from '../../vocabulary/port-values.js';
import type { AuthMethod, User } from '../../vocabulary/types.js';
import type { ChangeOptions, RenameOptions, UserChangeOptions } from './change-options.js';
import type { PageOptions } from './listing.js';

/** Which users to list. Absent fields do not filter. */
export interface UserFilters {
  /** Text that the subject, the display name or the e-mail address contains, ignoring case. 1–255 characters. */
  readonly search?: string | undefined;
  readonly authMethod?: AuthMethod | undefined;
  /** Users with this role, whether it is granted or follows from a group and the current mappings. */
  readonly role?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
}

/** Which page of which users to list. Absent fields do not filter. */
export interface UserListing extends UserFilters, PageOptions<Pick<User, 'subject'>> {}

/**
 * Users, by subject.
 *
 * @throws {LatchkeyError} `ERR_USER_UNKNOWN` when there is no such user.
 * @throws {LatchkeyError} `ERR_VERSION` when a change expects a version or an id and the row has another one.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when a change would leave no administrator.
 */
export interface UserAdministration {
  /**
   * Returns the current row. `managedRoles` are the roles that the current mappings give.
   *
   * @example
   * const { displayName, managedRoles, grantedRoles } = await auth.users.find('bob');
   */
  find(subject: string): Promise<User>;
  /**
   * Returns the user with this `User.id`, as `find` does.
   *
   * @example
   * const { subject } = await auth.users.findById(req.params.id);
   */
  findById(id: string): Promise<User>;
  /**
   * Lists a page of the users that match, in the order of their subjects, with `managedRoles` as in `find`.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range, or `after` is not a user.
   * @throws {LatchkeyError} `ERR_QUERY` when `search` is invalid.
   *
   * @example
   * const page = await auth.users.list({ role: 'editor', limit: 50 });
   * const next = await auth.users.list({ role: 'editor', limit: 50, after: page.at(-1) });
   */
  list(listing?: UserListing): Promise<readonly User[]>;
  /**
   * Reads all users that match, in the order of their subjects, page by page as you ask for them. Rejects as `list`
   * does.
   *
   * @example
   * for await (const { subject, email } of auth.users.iterate({ pending: true })) {
   *   console.log(subject, email);
   * }
   */
  iterate(filters?: UserFilters): AsyncIterable<User>;
  /**
   * Creates a user.
   *
   * @throws {LatchkeyError} `ERR_SUBJECT_TAKEN` when a user with this subject exists.
   * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when the subject is invalid.
   * @throws {LatchkeyError} `ERR_USER_PROFILE` when the display name or the e-mail address is invalid.
   * @throws {LatchkeyError} `ERR_ROLE_NAME` when a granted role is invalid.
   *
   * @example
   * const by = { subject: 'alice' };
   * await auth.users.create({ subject: 'bob', authMethod: 'local', displayName: 'Bob' }, { by });
   */
  create(user: NewUser, options?: Omit<ChangeOptions, 'version'>): Promise<User>;
  /**
   * Applies several changes as one.
   *
   * @throws {LatchkeyError} `ERR_ROLE_NAME` when a role to add is invalid.
   *
   * @example
   * const { id, version } = await auth.users.find('bob');
   * const change = { pending: false, addRoles: ['editor'], removeRoles: ['guest'] };
   * await auth.users.update('bob', change, { by: { subject: 'alice' }, version, userId: id });
   */
  update(subject: string, change: UserChange, options?: UserChangeOptions): Promise<User>;
  /**
   * Locks the user out immediately: header, session and tokens.
   *
   * @example
   * await auth.users.disable('bob', { by: { subject: 'alice' } });
   */
  disable(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Reverts `disable`. Devices that were not revoked work again.
   *
   * @example
   * await auth.users.enable('bob', { by: { subject: 'alice' } });
   */
  enable(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Approves a user who was provisioned in mode `pending`.
   *
   * @example
   * for (const { subject } of await auth.users.list({ pending: true })) {
   *   await auth.users.approve(subject);
   * }
   */
  approve(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Adds roles that the user keeps regardless of their groups.
   *
   * @throws {LatchkeyError} `ERR_ROLE_NAME` when a role is invalid.
   *
   * @example
   * const { grantedRoles } = await auth.users.addRoles('bob', ['editor']);
   */
  addRoles(subject: string, roles: readonly string[], options?: UserChangeOptions): Promise<User>;
  /**
   * Removes granted roles. A role that also follows from a group stays.
   *
   * @example
   * const { grantedRoles } = await auth.users.removeRoles('bob', ['editor']);
   */
  removeRoles(subject: string, roles: readonly string[], options?: UserChangeOptions): Promise<User>;
  /**
   * Turns a local user into a proxy user, or the other way round.
   *
   * @example
   * await auth.users.convert('bob', 'local');
   */
  convert(subject: string, authMethod: AuthMethod, options?: UserChangeOptions): Promise<User>;
  /**
   * Links the user to a row of the host's own table (option `hostUsers`), and so allows logins through the proxy to have
   * that row. `hostUserId`: 1–255 characters, or a whole number.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_ID` when the id is invalid.
   * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when the user is linked to another row.
   * @throws {LatchkeyError} `ERR_HOST_USER_TAKEN` when another user is linked to this row.
   *
   * @example
   * const { hostUserId } = await auth.users.link('bob', 42, { by: { subject: 'alice' } });
   */
  link(subject: string, hostUserId: string | number | bigint, options?: UserChangeOptions): Promise<User>;
  /**
   * Removes the user's link to a row of the host's own table. The next login looks for a row again, as the first one did.
   *
   * @example
   * await auth.users.unlink('bob', { by: { subject: 'alice' } });
   */
  unlink(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Gives the user another subject, after the identity provider has renamed the person. The user keeps everything, and
   * tokens stay valid. Sessions end, so the user has to log in again. A later user of the former subject is another
   * user.
   *
   * @throws {LatchkeyError} `ERR_SUBJECT_TAKEN` when a user with the new subject exists, unless `merge` is `true`.
   * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when the new subject is invalid.
   *
   * @example
   * await auth.users.rename('bob', 'robert', { by: { subject: 'alice' }, merge: true });
   */
  rename(from: string, to: string, options?: RenameOptions): Promise<User>;
  /**
   * Makes one user of two, when one person has two. `to` remains, and gets the devices, the granted roles and the link of
   * `from`, which is deleted. Tokens of both stay valid; sessions of `from` end. `version` and `userId` are those of
   * `from`. If one of them is disabled, `to` is disabled afterwards.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when they are linked to two rows of the host's table.
   *
   * @example
   * await auth.users.merge('bob', 'robert', { by: { subject: 'alice' } });
   */
  merge(from: string, to: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Deletes the user and their devices and returns the deleted row. The audit trail keeps its entries about them.
   *
   * @example
   * const { id } = await auth.users.delete('bob', { by: { subject: 'alice' } });
   */
  delete(subject: string, options?: UserChangeOptions): Promise<User>;
}
