/** What an admin can do to one user, in French: the button, what it will do, and its confirmation. */
import type { actions as en } from '../en/admin-actions'

export const actions: typeof en = {
  activate: {
    label: 'Activer',
    explain:
      'Cette personne peut se connecter. Si l’adresse n’est pas encore confirmée, vous en répondez : le mot de passe est annulé, et un lien pour en choisir un nouveau est envoyé.',
    confirm: 'Activer ce compte',
  },
  deactivate: {
    label: 'Désactiver',
    explain:
      'Toutes les sessions prennent fin immédiatement, les liens envoyés ne fonctionnent plus et personne ne peut se connecter à ce compte.',
    confirm: 'Désactiver ce compte',
  },
  'resend-verification': {
    label: 'Renvoyer le lien',
    explain: 'Envoie un nouveau lien pour confirmer l’adresse ou pour accepter l’invitation.',
    confirm: 'Envoyer le lien',
  },
  'send-password-reset': {
    label: 'Envoyer un lien de mot de passe',
    explain:
      'Envoie un lien pour choisir un nouveau mot de passe. L’ancien reste valable jusqu’à son utilisation. Pour une invitation, renvoyez plutôt le lien.',
    confirm: 'Envoyer le lien',
  },
  'require-password-change': {
    label: 'Exiger un nouveau mot de passe',
    explain:
      'Aucune session, même en cours, ne peut rien faire tant que le mot de passe n’est pas changé. Un changement d’adresse demandé prend fin.',
    confirm: 'Exiger un nouveau mot de passe',
  },
  'reset-2fa': {
    label: 'Retirer le second facteur',
    explain:
      'Retire l’application d’authentification et les codes de récupération, et met fin à toutes les sessions. Assurez-vous de l’identité de la personne qui le demande.',
    confirm: 'Retirer le second facteur',
  },
  unlock: {
    label: 'Déverrouiller',
    explain: 'Lève tous les verrouillages dus à des connexions et à des codes erronés.',
    confirm: 'Déverrouiller le compte',
  },
  delete: {
    label: 'Supprimer',
    explain:
      'Efface définitivement le compte et tout ce qui s’y rapporte. Cette action est irréversible.',
    confirm: 'Supprimer définitivement',
  },
}
