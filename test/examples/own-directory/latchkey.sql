-- The columns and tables that Latchkey adds. Every new column has a default, so the host's own INSERTs continue to work
-- and add local users.
ALTER TABLE accounts
  -- The login is the subject, and every character of a subject counts. But utf8mb4_unicode_ci treats "Ada", "ADA" and
  -- "ada " as ada, so that users with these subjects would get her account. NO PAD also compares the trailing space,
  -- which plain utf8mb4_bin ignores. The columns are wide enough for all subjects, names and emails of Latchkey.
  MODIFY login VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  MODIFY full_name VARCHAR(320) NOT NULL DEFAULT '',
  MODIFY mail VARCHAR(320) NULL,
  -- User.id. Not the integer: an old InnoDB assigns the highest one again after a restart, and so does a sequence
  -- restored from a backup. A deleted user's id would then belong to another person. The default also fills existing
  -- rows.
  ADD COLUMN latchkey_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT (UUID()),
  -- Accounts that the host adds log in with the host's password. No header can take them over.
  ADD COLUMN latchkey_method ENUM ('local', 'proxy') NOT NULL DEFAULT 'local',
  ADD COLUMN latchkey_pending TINYINT(1) NOT NULL DEFAULT 0,
  ADD COLUMN latchkey_groups JSON NOT NULL DEFAULT '[]',
  ADD COLUMN latchkey_version INT UNSIGNED NOT NULL DEFAULT 1,
  -- DATETIME, not TIMESTAMP, which ends in 2038 and depends on the session's time zone. Milliseconds, as in a
  -- JavaScript Date: with microseconds, a row would be later than the date that was read from it.
  ADD COLUMN latchkey_asserted_at DATETIME(3) NULL,
  -- The ids of ended logins. The trigger below ignores them, because a logout is not a change of the account.
  ADD COLUMN latchkey_ended_logins JSON NOT NULL DEFAULT '[]',
  -- For the list of users who wait for approval. There are few of them, and they are listed by login.
  ADD KEY accounts_latchkey_pending (latchkey_pending, login),
  ADD UNIQUE KEY accounts_latchkey_id (latchkey_id);

-- Every relevant change increments the version, so that the host's own UPDATEs count, too. BINARY, because the host's
-- collation treats "ada" and "Ada" as equal.
CREATE TRIGGER accounts_latchkey_version BEFORE UPDATE ON accounts FOR EACH ROW
  SET NEW.latchkey_version = OLD.latchkey_version + IF(
    (NEW.login, BINARY NEW.full_name, BINARY NEW.mail, NEW.is_active, NEW.rights,
      NEW.latchkey_method, NEW.latchkey_pending, NEW.latchkey_groups)
    <=> (OLD.login, BINARY OLD.full_name, BINARY OLD.mail, OLD.is_active, OLD.rights,
      OLD.latchkey_method, OLD.latchkey_pending, OLD.latchkey_groups),
    0, 1);

-- One row. Changes of mappings, and changes that could leave no administrator, lock it first, so that they run one
-- after the other.
CREATE TABLE latchkey_counters (
  only_row TINYINT(1) NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
  generation INT UNSIGNED NOT NULL,
  mapping_version INT UNSIGNED NOT NULL
) ENGINE=InnoDB;
INSERT INTO latchkey_counters (generation, mapping_version) VALUES (0, 0);

CREATE TABLE latchkey_mappings (
  group_name VARCHAR(512) NOT NULL PRIMARY KEY,
  -- The group as a LIKE pattern.
  pattern TEXT NOT NULL,
  roles JSON NOT NULL CHECK (JSON_LENGTH(roles) > 0),
  note VARCHAR(500) NULL,
  changed_by VARCHAR(255) NULL,
  changed_at DATETIME(3) NOT NULL,
  version INT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE latchkey_devices (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(64) NOT NULL,
  client_id VARCHAR(64) NOT NULL,
  app_version VARCHAR(64) NULL,
  platform VARCHAR(64) NULL,
  paired_by ENUM ('code', 'qr', 'user-code') NOT NULL,
  created_at DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  last_used_at DATETIME(3) NULL,
  last_address VARCHAR(64) NULL,
  serial INT UNSIGNED NOT NULL DEFAULT 1,
  renewed_at DATETIME(3) NULL,
  previous_until DATETIME(3) NULL,
  revoked_at DATETIME(3) NULL,
  version INT UNSIGNED NOT NULL DEFAULT 1,
  -- Also applies if the host itself deletes an account.
  FOREIGN KEY (user_id) REFERENCES accounts (latchkey_id) ON DELETE CASCADE,
  KEY latchkey_devices_newest (created_at, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- No foreign key, because entries remain after their user or device is deleted.
CREATE TABLE latchkey_audit (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at DATETIME(3) NOT NULL,
  actor VARCHAR(255) NULL,
  address VARCHAR(64) NULL,
  action VARCHAR(32) NOT NULL,
  subject VARCHAR(255) NULL,
  group_name VARCHAR(512) NULL,
  device_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  changes JSON NOT NULL,
  KEY latchkey_audit_at (at),
  KEY latchkey_audit_actor (actor),
  KEY latchkey_audit_subject (subject),
  KEY latchkey_audit_group (group_name),
  KEY latchkey_audit_device (device_id),
  KEY latchkey_audit_action (action)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The last position of the journal. One row, which each change locks and updates last. The nonce distinguishes two
-- histories, such as before and after the restore of a backup. PAD SPACE would treat "x " as "x".
CREATE TABLE latchkey_journal_head (
  only_row TINYINT(1) NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
  database_id CHAR(36) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  seq BIGINT NOT NULL,
  nonce VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
) ENGINE=InnoDB;
-- UUID() alone is not enough: MariaDB derives it from the time, so two cloned servers can produce the same one.
INSERT INTO latchkey_journal_head (database_id, seq, nonce)
  VALUES (UUID(), 0, SHA2(CONCAT(UUID(), RAND(), RAND(), NOW(6)), 256));

CREATE TABLE latchkey_journal (
  -- From the head, never AUTO_INCREMENT, which assigns numbers before the commit.
  seq BIGINT NOT NULL PRIMARY KEY,
  nonce VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  -- The keys of the changed values.
  names JSON NOT NULL,
  at DATETIME(3) NOT NULL
) ENGINE=InnoDB;
INSERT INTO latchkey_journal (seq, nonce, names, at)
  SELECT seq, nonce, '[]', UTC_TIMESTAMP(3) FROM latchkey_journal_head;

-- The processes that follow the journal.
CREATE TABLE latchkey_instances (
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY,
  beat BIGINT UNSIGNED NOT NULL,
  acknowledged BIGINT UNSIGNED NOT NULL,
  wait_milliseconds INT UNSIGNED NOT NULL
) ENGINE=InnoDB;
