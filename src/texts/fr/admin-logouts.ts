/** The log of back-channel logout in the console, in French. */
import type { logouts as en } from '../en/admin-logouts'

export const logouts: typeof en = {
  title: 'Messages de déconnexion',
  back: 'Retour à l’application',
  lead: 'L’application est prévenue quand une de ses sessions se termine. Messages des 30 derniers jours.',
  session: 'Session',
  ended: 'Terminée',
  state: 'État',
  attempts: 'Tentatives',
  next: 'Prochaine tentative',
  answer: 'Réponse',
  retry: 'Réessayer',
  noneTitle: 'Rien n’a encore été envoyé',
  none: 'Les messages apparaissent ici quand l’application a une adresse de déconnexion par canal arrière et qu’une de ses sessions se termine.',
  retryLabel: (session) => `Réessayer : session ${session}`,
  states: { pending: 'En attente', delivered: 'Envoyé', dead: 'En échec' },
  reasons: {
    signed_out: 'Déconnexion',
    revoked: 'Session fermée ailleurs',
    revoked_by_admin: 'Fermée par un administrateur',
    credentials_changed: 'Mot de passe ou autre moyen de connexion modifié, ou compte désactivé',
    refresh_reused: 'Jeton d’actualisation utilisé deux fois',
    too_many_sessions: 'Trop de sessions',
    disconnected: 'Application déconnectée',
    revoked_by_app: 'Fermée par l’application',
    code_replayed: 'Code utilisé deux fois',
    too_many_app_sessions: 'Trop de sessions de l’application',
    expired: 'Expirée',
    erased: 'Compte supprimé',
  },
}
