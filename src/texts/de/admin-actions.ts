/** What an admin can do to one user, in German: the button, what it will do, and its confirmation. */
import type { actions as en } from '../en/admin-actions'

export const actions: typeof en = {
  activate: {
    label: 'Aktivieren',
    explain:
      'Die Person kann sich anmelden. Ist die Adresse noch nicht bestätigt, bürgen Sie dafür: Das Passwort wird ungültig, und ein Link zur Wahl eines neuen wird verschickt.',
    confirm: 'Dieses Konto aktivieren',
  },
  deactivate: {
    label: 'Deaktivieren',
    explain:
      'Alle Sitzungen enden sofort, verschickte Links werden ungültig, und niemand kann sich mehr anmelden.',
    confirm: 'Dieses Konto deaktivieren',
  },
  'resend-verification': {
    label: 'Link erneut senden',
    explain:
      'Schickt einen neuen Link, um die Adresse zu bestätigen oder die Einladung anzunehmen.',
    confirm: 'Link senden',
  },
  'send-password-reset': {
    label: 'Passwort-Link senden',
    explain:
      'Schickt einen Link, um ein neues Passwort zu wählen. Bis dahin gilt das alte. Eine Einladung senden Sie stattdessen erneut.',
    confirm: 'Link senden',
  },
  'require-password-change': {
    label: 'Neues Passwort verlangen',
    explain:
      'Jede Sitzung, auch eine laufende, kann nichts tun, bis das Passwort geändert ist. Eine beantragte Änderung der Adresse endet.',
    confirm: 'Neues Passwort verlangen',
  },
  'reset-2fa': {
    label: 'Zweiten Faktor entfernen',
    explain:
      'Entfernt die Authenticator-App und die Wiederherstellungscodes und beendet alle Sitzungen. Vergewissern Sie sich, wer darum bittet.',
    confirm: 'Zweiten Faktor entfernen',
  },
  unlock: {
    label: 'Entsperren',
    explain: 'Beendet jede Sperre nach falschen Anmeldungen und Codes.',
    confirm: 'Konto entsperren',
  },
  delete: {
    label: 'Löschen',
    explain: 'Löscht das Konto mit allem, was dazu gehört, endgültig und unwiderruflich.',
    confirm: 'Endgültig löschen',
  },
}
