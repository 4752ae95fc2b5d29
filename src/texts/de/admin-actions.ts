/** What an admin can do to one user, in German: the button, what it will do, and its confirmation. */
import type { actions as en } from '../en/admin-actions'

export const actions: typeof en = {
  activate: {
    label: 'Aktivieren',
    explain:
      'Der Benutzer kann sich anmelden. Ist die Adresse noch nicht bestätigt, gilt sie als bestätigt. Das Passwort wird dann ungültig und der Benutzer erhält einen Link, um ein neues zu wählen.',
    confirm: 'Dieses Konto aktivieren',
  },
  deactivate: {
    label: 'Deaktivieren',
    explain:
      'Alle Sitzungen werden sofort beendet, gesendete Links werden ungültig und niemand kann sich mehr bei diesem Konto anmelden.',
    confirm: 'Dieses Konto deaktivieren',
  },
  'resend-verification': {
    label: 'Link erneut senden',
    explain: 'Sendet einen neuen Link, um die Adresse zu bestätigen oder die Einladung anzunehmen.',
    confirm: 'Link senden',
  },
  'send-password-reset': {
    label: 'Link zum Zurücksetzen senden',
    explain:
      'Sendet einen Link, um ein neues Passwort zu wählen. Das aktuelle Passwort gilt, bis der Link verwendet wird. Bei eingeladenen Benutzern senden Sie stattdessen den Einladungslink erneut.',
    confirm: 'Link senden',
  },
  'require-password-change': {
    label: 'Neues Passwort verlangen',
    explain:
      'Der Benutzer kann nichts tun, bis ein neues Passwort gewählt ist. Das gilt auch für aktive Sitzungen. Eine ausstehende Änderung der E-Mail-Adresse wird abgebrochen.',
    confirm: 'Neues Passwort verlangen',
  },
  'reset-2fa': {
    label: 'Zwei-Faktor-Authentifizierung zurücksetzen',
    explain:
      'Entfernt die Authenticator-App, die Wiederherstellungscodes, alle Passkeys und die vertrauenswürdigen Browser und beendet alle Sitzungen. Vergewissern Sie sich zuerst, dass die Bitte wirklich vom Benutzer kommt.',
    confirm: 'Zwei-Faktor-Authentifizierung zurücksetzen',
  },
  unlock: {
    label: 'Entsperren',
    explain: 'Hebt alle Sperren nach fehlgeschlagenen Anmeldungen und falschen Codes auf.',
    confirm: 'Konto entsperren',
  },
  delete: {
    label: 'Löschen',
    explain: 'Löscht das Konto mit allen Daten endgültig. Das lässt sich nicht rückgängig machen.',
    confirm: 'Endgültig löschen',
  },
}
