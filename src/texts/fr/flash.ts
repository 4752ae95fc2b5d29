/** What is said once, on the page after the one that did it, in French. */
import type { flash as english } from '../en/flash'

export const flash: typeof english = {
  signed_out: 'Votre session est fermée.',
  session_ended: 'Veuillez vous connecter pour continuer.',
  email_verified: 'Votre adresse e-mail est confirmée. Vous pouvez maintenant vous connecter.',
  mail_sent: 'Si l’adresse est la bonne, un e-mail est en route.',
  password_reset: 'Votre mot de passe est modifié. Connectez-vous avec le nouveau.',
  password_changed:
    'Votre mot de passe est modifié et toutes les sessions ont pris fin. Connectez-vous avec le nouveau.',
  email_change_requested:
    'Un e-mail est en route vers la nouvelle adresse. Ouvrez le lien qu’il contient pour terminer la modification.',
  email_changed: 'Votre adresse e-mail est modifiée.',
  email_change_declined: 'La demande est supprimée. Le compte garde son adresse.',
  email_change_undone:
    'Votre ancienne adresse est rétablie. Nous vous avons envoyé un lien pour choisir un nouveau mot de passe.',
  invitation_accepted: 'Bienvenue ! Connectez-vous avec votre nouveau mot de passe.',
  registration_declined: 'Le compte a été supprimé.',
  profile_saved: 'Votre profil est enregistré.',
  session_revoked: 'La session a pris fin.',
  sessions_revoked: 'Toutes les autres sessions ont pris fin.',
  api_key_revoked: 'La clé d’API est révoquée.',
  sessions_and_keys_revoked:
    'Toutes les autres sessions ont pris fin, et vos clés d’API sont révoquées.',
  two_factor_off: 'L’authentification à deux facteurs est désactivée.',
  account_deleted: 'Votre compte a été supprimé. Au revoir !',
  admin_created: 'Le premier administrateur est prêt. Connectez-vous pour commencer.',
  start_again: 'La connexion a pris trop de temps. Veuillez recommencer.',
}
