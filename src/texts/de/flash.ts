/** Was einmal gesagt wird, auf Deutsch. */
import type { flash as english } from '../en/flash'

export const flash: typeof english = {
  signed_out: 'Sie sind abgemeldet.',
  session_ended: 'Bitte melden Sie sich an, um weiterzumachen.',
  email_verified: 'Ihre E-Mail-Adresse ist bestätigt. Sie können sich jetzt anmelden.',
  mail_sent: 'Wenn die Adresse passt, ist eine Mail unterwegs.',
  password_reset: 'Ihr Passwort ist geändert. Melden Sie sich mit dem neuen an.',
  password_changed:
    'Ihr Passwort ist geändert, und alle Sitzungen sind beendet. Melden Sie sich mit dem neuen an.',
  email_change_requested:
    'Eine Mail an die neue Adresse ist unterwegs. Öffnen Sie ihren Link, um die Änderung abzuschließen.',
  email_changed: 'Ihre E-Mail-Adresse ist geändert.',
  email_change_declined: 'Die Anfrage ist entfernt. Das Konto behält seine Adresse.',
  email_change_undone:
    'Ihre alte Adresse ist zurück. Wir haben Ihnen einen Link für ein neues Passwort geschickt.',
  invitation_accepted: 'Willkommen! Melden Sie sich mit Ihrem neuen Passwort an.',
  registration_declined: 'Das Konto wurde entfernt.',
  profile_saved: 'Ihr Profil ist gespeichert.',
  session_revoked: 'Die Sitzung ist beendet.',
  sessions_revoked: 'Alle anderen Sitzungen sind beendet.',
  api_key_revoked: 'Der API-Schlüssel ist widerrufen.',
  sessions_and_keys_revoked:
    'Alle anderen Sitzungen sind beendet, und Ihre API-Schlüssel sind widerrufen.',
  two_factor_off: 'Die Zwei-Faktor-Anmeldung ist ausgeschaltet.',
  account_deleted: 'Ihr Konto wurde gelöscht. Auf Wiedersehen!',
  admin_created: 'Der erste Administrator ist bereit. Melden Sie sich an, um zu beginnen.',
  start_again: 'Die Anmeldung hat zu lange gedauert. Bitte beginnen Sie von vorn.',
}
