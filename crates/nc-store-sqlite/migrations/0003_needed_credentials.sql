-- For whom the credential of another server is kept that signs people in, wherever it lies.
-- NULL: there is none. Else the Unix second until which it is needed even if nothing is granted: somebody who signed in
-- may still be asked what is to be granted.
ALTER TABLE subjects ADD COLUMN credential_needed_until INTEGER;

CREATE INDEX subjects_by_credential ON subjects (credential_needed_until) WHERE credential_needed_until IS NOT NULL;
