/** The log of back-channel logout in the console, in French. */
import type { logouts as en } from '../en/admin-logouts'

export const logouts: typeof en = {
  title: 'Messages de déconnexion',
  back: 'Retour à l’application',
  lead: 'Envoyés quand une session de l’application se termine, et conservés 30 jours.',
  session: 'Session',
  ended: 'Terminée',
  state: 'État',
  attempts: 'Tentatives',
  next: 'Prochaine tentative',
  answer: 'Réponse',
  retry: 'Réessayer',
  noneTitle: 'Rien n’a encore été envoyé',
  none: 'L’application doit avoir une URI de déconnexion par canal arrière pour être avertie de la fin d’une session.',
  retryLabel: (session) => `Réessayer : session ${session}`,
  states: { pending: 'En attente', delivered: 'Envoyé', dead: 'En échec' },
  reasons: {
    signed_out: 'Déconnexion',
    revoked: 'Fermée depuis une autre session',
    revoked_by_admin: 'Fermée par un administrateur',
    credentials_changed: 'Mot de passe ou autre moyen de connexion modifié, ou compte désactivé',
    refresh_reused: 'Jeton d’actualisation utilisé deux fois',
    too_many_sessions: 'Trop de sessions',
    disconnected: 'Application déconnectée',
    revoked_by_app: 'Fermée par l’application',
    code_replayed: 'Code utilisé deux fois',
    too_many_app_sessions: 'Trop de sessions dans cette application',
    expired: 'Expirée',
    erased: 'Compte supprimé',
  },
}
