/** Messages of the console shown once after an action, in German; part of the catalogue's `flash`. */
import type { adminFlash as en } from '../en/admin-flash'

export const adminFlash: typeof en = {
  user_invited: (name) => `Wir haben die Einladung an ${name} gesendet.`,
  user_edited: 'Das Profil wurde gespeichert.',
  user_activated: 'Das Konto wurde aktiviert.',
  user_deactivated: 'Das Konto wurde deaktiviert und alle Sitzungen wurden beendet.',
  user_deleted: 'Das Konto wurde gelöscht.',
  user_unlocked: 'Das Konto wurde entsperrt.',
  second_factor_removed:
    'Die Zwei-Faktor-Authentifizierung wurde zurückgesetzt und alle Sitzungen wurden beendet.',
  password_change_required: 'Der Benutzer muss jetzt ein neues Passwort wählen.',
  link_sent: 'Die E-Mail wurde gesendet.',
  role_given: (role) => `Die Rolle ${role} wurde hinzugefügt.`,
  role_taken: (role) => `Die Rolle ${role} wurde entfernt.`,
  user_session_ended: 'Die Sitzung wurde beendet.',
  user_sessions_ended: 'Alle Sitzungen wurden beendet.',
  user_key_revoked: 'Der API-Schlüssel wurde widerrufen.',
  user_passkey_removed: 'Der Passkey wurde entfernt.',
  users_activated: (count) => `Aktivierte Benutzer: ${count}.`,
  users_deactivated: (count) => `Deaktivierte Benutzer: ${count}.`,
  role_created: (role) => `Die Rolle ${role} wurde erstellt.`,
  role_saved: (role) => `Die Rolle ${role} wurde gespeichert.`,
  role_deleted: (role) => `Die Rolle ${role} wurde gelöscht.`,
  permission_created: (name) => `Die Berechtigung ${name} wurde hinzugefügt.`,
  permission_deleted: (name) => `Die Berechtigung ${name} wurde gelöscht.`,
  outbox_retried: 'Der Eintrag wird erneut verarbeitet.',
}
