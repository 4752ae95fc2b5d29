/** Messages shown once, on the page after the action, in French. */
import type { flash as english } from '../en/flash'

export const flash: typeof english = {
  signed_out: 'Vous avez été déconnecté.',
  session_ended: 'Veuillez vous connecter pour continuer.',
  email_verified: 'Votre adresse e-mail a été confirmée. Vous pouvez maintenant vous connecter.',
  mail_sent: 'Si cette adresse doit encore être confirmée, nous lui avons envoyé un nouveau lien.',
  password_reset: 'Votre mot de passe a été modifié. Connectez-vous avec le nouveau mot de passe.',
  password_reset_signed_in: 'Votre mot de passe a été modifié et vous êtes connecté.',
  password_changed:
    'Votre mot de passe a été modifié et toutes les sessions ont été fermées. Connectez-vous avec le nouveau mot de passe.',
  email_change_requested:
    'Nous avons envoyé un lien à votre nouvelle adresse e-mail. Ouvrez-le pour terminer la modification.',
  email_changed: 'Votre adresse e-mail a été modifiée.',
  email_change_declined: 'La demande a été refusée. Le compte garde son adresse actuelle.',
  email_change_undone:
    'Votre ancienne adresse e-mail a été rétablie. Nous vous avons envoyé un lien pour choisir un nouveau mot de passe.',
  invitation_accepted: 'Bienvenue ! Connectez-vous avec votre nouveau mot de passe.',
  registration_declined: 'Le compte a été supprimé.',
  profile_saved: 'Votre profil a été enregistré.',
  session_revoked: 'La session a été fermée.',
  sessions_revoked: 'Toutes les autres sessions ont été fermées.',
  browser_renamed: 'Le navigateur a été renommé.',
  browser_trust_ended: 'Le navigateur n’est plus de confiance.',
  all_trust_ended: 'Aucun navigateur n’est plus de confiance.',
  app_disconnected: 'L’application a été déconnectée.',
  sign_in_method_undone:
    'Le moyen de connexion a été supprimé et toutes les sessions ont été fermées. Si vous ne l’aviez pas ajouté, changez de mot de passe.',
  api_key_revoked: 'La clé d’API a été révoquée.',
  sessions_and_keys_revoked:
    'Toutes les autres sessions ont été fermées et vos clés d’API ont été révoquées.',
  two_factor_off: 'L’authentification à deux facteurs est désactivée.',
  passkey_added: 'Votre clé d’accès a été ajoutée.',
  passkey_renamed: 'La clé d’accès a été renommée.',
  passkey_removed: 'La clé d’accès a été supprimée. Supprimez-la aussi sur votre appareil.',
  account_deleted: 'Votre compte a été supprimé.',
  admin_created: 'Le premier administrateur a été créé. Connectez-vous pour continuer.',
  start_again: 'Le délai de connexion a expiré. Veuillez recommencer.',
}
