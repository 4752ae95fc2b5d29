/** Messages shown once, on the page after the action, in German. */
import type { flash as english } from '../en/flash'

export const flash: typeof english = {
  signed_out: 'Sie wurden abgemeldet.',
  session_ended: 'Bitte melden Sie sich an, um fortzufahren.',
  email_verified: 'Ihre E-Mail-Adresse wurde bestätigt. Sie können sich jetzt anmelden.',
  mail_sent:
    'Falls diese Adresse noch bestätigt werden muss, haben wir einen neuen Link dorthin gesendet.',
  password_reset: 'Ihr Passwort wurde geändert. Melden Sie sich mit dem neuen Passwort an.',
  password_reset_signed_in: 'Ihr Passwort wurde geändert, und Sie sind angemeldet.',
  password_changed:
    'Ihr Passwort wurde geändert und alle Sitzungen wurden beendet. Melden Sie sich mit dem neuen Passwort an.',
  email_change_requested:
    'Wir haben einen Link an Ihre neue E-Mail-Adresse gesendet. Öffnen Sie ihn, um die Änderung abzuschließen.',
  email_changed: 'Ihre E-Mail-Adresse wurde geändert.',
  email_change_declined: 'Die Änderung wurde abgelehnt. Das Konto behält seine bisherige Adresse.',
  email_change_undone:
    'Ihre bisherige E-Mail-Adresse wurde wiederhergestellt. Wir haben Ihnen einen Link gesendet, mit dem Sie ein neues Passwort wählen können.',
  invitation_accepted: 'Willkommen! Melden Sie sich mit Ihrem neuen Passwort an.',
  registration_declined: 'Das Konto wurde gelöscht.',
  profile_saved: 'Ihr Profil wurde gespeichert.',
  session_revoked: 'Die Sitzung wurde beendet.',
  sessions_revoked: 'Alle anderen Sitzungen wurden beendet.',
  browser_renamed: 'Der Browser wurde umbenannt.',
  browser_trust_ended: 'Der Browser gilt nicht mehr als vertrauenswürdig.',
  all_trust_ended: 'Kein Browser gilt mehr als vertrauenswürdig.',
  app_disconnected: 'Die App wurde getrennt.',
  sign_in_method_undone:
    'Die Anmeldemöglichkeit wurde entfernt, und alle Sitzungen wurden beendet. Falls Sie sie nicht selbst hinzugefügt haben, ändern Sie Ihr Passwort.',
  api_key_revoked: 'Der API-Schlüssel wurde widerrufen.',
  sessions_and_keys_revoked:
    'Alle anderen Sitzungen wurden beendet und Ihre API-Schlüssel wurden widerrufen.',
  two_factor_off: 'Die Zwei-Faktor-Authentifizierung ist deaktiviert.',
  passkey_added: 'Ihr Passkey wurde hinzugefügt.',
  passkey_renamed: 'Der Passkey wurde umbenannt.',
  passkey_removed: 'Der Passkey wurde entfernt. Löschen Sie ihn auch auf Ihrem Gerät.',
  account_deleted: 'Ihr Konto wurde gelöscht.',
  admin_created: 'Der erste Administrator wurde angelegt. Melden Sie sich an, um fortzufahren.',
  start_again: 'Die Anmeldung hat zu lange gedauert. Bitte beginnen Sie von vorn.',
}
