// Declares the functions with which hosts list and change users.
import type { NewUser, UserChange } from '../../vocabulary/port-values.js';
import type { AuthMethod, User } from '../../vocabulary/types.js';
import type { ChangeOptions, RenameOptions, UserChangeOptions } from './change-options.js';
import type { PageOptions } from './listing.js';

/** The filters of a list of users. An absent filter matches every user. */
export interface UserFilters {
  /**
   * Selects the users whose subject, display name or e-mail address contains this text of 1–255 characters. The search
   * is case-insensitive.
   */
  readonly search?: string | undefined;
  readonly authMethod?: AuthMethod | undefined;
  /** Selects the users who have this role as a granted, managed or default role. */
  readonly role?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
}

/** Selects a page of the users who match the filters. An absent filter matches every user. */
export interface UserListing extends UserFilters, PageOptions<Pick<User, 'subject'>> {}

/**
 * Lists and changes users. Most functions identify a user by subject.
 *
 * @throws {LatchkeyError} `ERR_USER_UNKNOWN` when there is no such user.
 * @throws {LatchkeyError} `ERR_VERSION` when a change expects a version or an id that the row does not have.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when a change would leave no administrator.
 */
export interface UserAdministration {
  /**
   * Returns the user with this subject. The `managedRoles` of the user are computed from the current mappings.
   *
   * @example
   * const { displayName, managedRoles, grantedRoles } = await auth.users.find('bob');
   */
  find(subject: string): Promise<User>;
  /**
   * Returns the user with this id (`User.id`), in the same form as `find`.
   *
   * @example
   * const { subject } = await auth.users.findById(req.params.id);
   */
  findById(id: string): Promise<User>;
  /**
   * Lists one page of the users who match the filters, sorted by subject. The `managedRoles` of each user are computed
   * from the current mappings.
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
   * Iterates over all users who match the filters, sorted by subject. Loads each page only when you request the first
   * user of that page. Rejects with the same errors as `list`.
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
   * Applies several changes to a user in one transaction.
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
   * Disables the user: afterwards, no instance accepts the user's headers, sessions or tokens.
   *
   * @example
   * await auth.users.disable('bob', { by: { subject: 'alice' } });
   */
  disable(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Reverts `disable`. The user's devices work again, except those that were revoked.
   *
   * @example
   * await auth.users.enable('bob', { by: { subject: 'alice' } });
   */
  enable(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Approves a user who was provisioned in the mode `pending`.
   *
   * @example
   * for (const { subject } of await auth.users.list({ pending: true })) {
   *   await auth.users.approve(subject);
   * }
   */
  approve(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Adds granted roles. Unlike managed roles, granted roles do not depend on the user's groups.
   *
   * @throws {LatchkeyError} `ERR_ROLE_NAME` when a role is invalid.
   *
   * @example
   * const { grantedRoles } = await auth.users.addRoles('bob', ['editor']);
   */
  addRoles(subject: string, roles: readonly string[], options?: UserChangeOptions): Promise<User>;
  /**
   * Removes granted roles. If one of the user's groups also gives a removed role, the user still has that role.
   *
   * @example
   * const { grantedRoles } = await auth.users.removeRoles('bob', ['editor']);
   */
  removeRoles(subject: string, roles: readonly string[], options?: UserChangeOptions): Promise<User>;
  /**
   * Turns a local user into a proxy user, or a proxy user into a local user.
   *
   * @example
   * await auth.users.convert('bob', 'local');
   */
  convert(subject: string, authMethod: AuthMethod, options?: UserChangeOptions): Promise<User>;
  /**
   * Links the user to a row of the host's own users table (option `hostUsers`). From then on, the user's logins through
   * the proxy use that row. `hostUserId` is a string of 1–255 characters or a whole number.
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
   * Removes the user's link to a row of the host's own users table. On the user's next login, Latchkey looks for a row
   * again, as on the first login.
   *
   * @example
   * await auth.users.unlink('bob', { by: { subject: 'alice' } });
   */
  unlink(subject: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Changes the subject of a user whom the identity provider has renamed. The user keeps all roles, devices and links,
   * and the user's tokens stay valid. The user's sessions end, so the user has to log in again. If someone else later
   * logs in with the former subject, that person is a new user.
   *
   * @throws {LatchkeyError} `ERR_SUBJECT_TAKEN` when a user with the new subject exists, unless `merge` is `true`.
   * @throws {LatchkeyError} `ERR_SUBJECT_INVALID` when the new subject is invalid.
   *
   * @example
   * await auth.users.rename('bob', 'robert', { by: { subject: 'alice' }, merge: true });
   */
  rename(from: string, to: string, options?: RenameOptions): Promise<User>;
  /**
   * Merges two users who are the same person. The user with the subject `to` gets the devices, granted roles and link
   * of the user with the subject `from`. Then the user `from` is deleted. The tokens of both users stay valid, but the
   * sessions of the user `from` end. The options `version` and `userId` refer to the user `from`. If either of the two
   * users is disabled, the merged user is also disabled.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when the two users are linked to different rows of the host's table.
   *
   * @example
   * await auth.users.merge('bob', 'robert', { by: { subject: 'alice' } });
   */
  merge(from: string, to: string, options?: UserChangeOptions): Promise<User>;
  /**
   * Deletes the user and the user's devices, and returns the deleted user. The audit trail keeps its entries about the
   * user and the devices.
   *
   * @example
   * const { id } = await auth.users.delete('bob', { by: { subject: 'alice' } });
   */
  delete(subject: string, options?: UserChangeOptions): Promise<User>;
}
