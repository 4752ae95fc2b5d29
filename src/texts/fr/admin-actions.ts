/** What an admin can do to one user, in French: the button, what it will do, and its confirmation. */
import type { actions as en } from '../en/admin-actions'

export const actions: typeof en = {
  activate: {
    label: 'Activer',
    explain:
      'L’utilisateur peut se connecter. Si son adresse n’est pas encore confirmée, elle est considérée comme confirmée. Le mot de passe ne fonctionne alors plus et l’utilisateur reçoit un lien pour en choisir un nouveau.',
    confirm: 'Activer ce compte',
  },
  deactivate: {
    label: 'Désactiver',
    explain:
      'Toutes les sessions sont fermées immédiatement, les liens envoyés ne fonctionnent plus et personne ne peut se connecter à ce compte.',
    confirm: 'Désactiver ce compte',
  },
  'resend-verification': {
    label: 'Renvoyer le lien',
    explain: 'Envoie un nouveau lien pour confirmer l’adresse ou pour accepter l’invitation.',
    confirm: 'Envoyer le lien',
  },
  'send-password-reset': {
    label: 'Envoyer un lien de réinitialisation',
    explain:
      'Envoie un lien pour choisir un nouveau mot de passe. Le mot de passe actuel reste valable jusqu’à l’utilisation du lien. Pour un utilisateur invité, renvoyez plutôt le lien d’invitation.',
    confirm: 'Envoyer le lien',
  },
  'require-password-change': {
    label: 'Exiger un nouveau mot de passe',
    explain:
      'L’utilisateur ne peut rien faire tant qu’il n’a pas choisi un nouveau mot de passe, même dans les sessions actives. Un changement d’adresse e-mail en attente est interrompu.',
    confirm: 'Exiger un nouveau mot de passe',
  },
  'reset-2fa': {
    label: 'Réinitialiser l’authentification à deux facteurs',
    explain:
      'Retire l’application d’authentification, les codes de récupération, toutes les clés d’accès et les navigateurs de confiance, et ferme toutes les sessions. Assurez-vous d’abord que la demande vient bien de l’utilisateur.',
    confirm: 'Réinitialiser l’authentification à deux facteurs',
  },
  unlock: {
    label: 'Déverrouiller',
    explain: 'Lève tous les verrouillages dus à des échecs de connexion ou à des codes incorrects.',
    confirm: 'Déverrouiller le compte',
  },
  delete: {
    label: 'Supprimer',
    explain:
      'Supprime définitivement le compte et toutes ses données. Cette action est irréversible.',
    confirm: 'Supprimer définitivement',
  },
}
