/** What the console says once after something was done, in German; part of the catalogue's `flash`. */
import type { adminFlash as en } from '../en/admin-flash'

export const adminFlash: typeof en = {
  user_invited: (name) => `Die Einladung für ${name} ist unterwegs.`,
  user_edited: 'Das Profil ist gespeichert.',
  user_activated: 'Das Konto ist aktiv.',
  user_deactivated: 'Das Konto ist deaktiviert, und jede Sitzung ist beendet.',
  user_deleted: 'Das Konto ist gelöscht.',
  user_unlocked: 'Das Konto ist entsperrt.',
  second_factor_removed: 'Der zweite Faktor ist entfernt, und jede Sitzung ist beendet.',
  password_change_required: 'Ein neues Passwort wird jetzt verlangt.',
  link_sent: 'Die Mail ist unterwegs.',
  role_given: (role) => `Die Rolle ${role} ist hinzugefügt.`,
  role_taken: (role) => `Die Rolle ${role} ist entzogen.`,
  user_session_ended: 'Die Sitzung ist beendet.',
  user_sessions_ended: 'Alle Sitzungen sind beendet.',
  user_key_revoked: 'Der API-Schlüssel ist widerrufen.',
  users_activated: (count) => `Aktiviert: ${count}.`,
  users_deactivated: (count) => `Deaktiviert: ${count}.`,
  role_created: (role) => `Die Rolle ${role} ist angelegt.`,
  role_saved: (role) => `Die Rolle ${role} ist gespeichert.`,
  role_deleted: (role) => `Die Rolle ${role} ist gelöscht.`,
  permission_created: (name) => `Die Berechtigung ${name} ist hinzugefügt.`,
  permission_deleted: (name) => `Die Berechtigung ${name} ist gelöscht.`,
  outbox_retried: 'Es wird erneut versucht.',
}
