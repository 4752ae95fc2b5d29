/** The log of back-channel logout in the console, in German. */
import type { logouts as en } from '../en/admin-logouts'

export const logouts: typeof en = {
  title: 'Abmeldenachrichten',
  back: 'Zurück zur App',
  lead: 'Werden gesendet, wenn eine Sitzung der App endet, und 30 Tage aufbewahrt.',
  session: 'Sitzung',
  ended: 'Beendet',
  state: 'Status',
  attempts: 'Versuche',
  next: 'Nächster Versuch',
  answer: 'Antwort',
  retry: 'Erneut versuchen',
  noneTitle: 'Noch nichts gesendet',
  none: 'Die App braucht eine URI für Back-Channel-Logout, um vom Ende einer Sitzung zu erfahren.',
  retryLabel: (session) => `Erneut versuchen: Sitzung ${session}`,
  states: { pending: 'Ausstehend', delivered: 'Zugestellt', dead: 'Fehlgeschlagen' },
  reasons: {
    signed_out: 'Abgemeldet',
    revoked: 'Aus einer anderen Sitzung beendet',
    revoked_by_admin: 'Durch die Administration beendet',
    credentials_changed: 'Passwort oder andere Zugangsdaten geändert, oder Konto deaktiviert',
    refresh_reused: 'Refresh-Token zweimal verwendet',
    too_many_sessions: 'Zu viele Sitzungen',
    disconnected: 'App getrennt',
    revoked_by_app: 'Durch die App beendet',
    code_replayed: 'Code zweimal verwendet',
    too_many_app_sessions: 'Zu viele Sitzungen in dieser App',
    expired: 'Abgelaufen',
    erased: 'Konto gelöscht',
  },
}
