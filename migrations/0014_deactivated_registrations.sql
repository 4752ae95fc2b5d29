-- Registrations that nobody confirmed and that an admin has deactivated leave a month after that, as those
-- that wait for a confirmation do. Holds nothing else, so other users cost it nothing.
CREATE INDEX users_deactivated_registrations ON users (deactivated_at)
  WHERE origin = 'registered' AND email_verified_at IS NULL AND deactivated_at IS NOT NULL;
