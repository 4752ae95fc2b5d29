/** Messages of the console shown once after an action, in French; part of the catalogue's `flash`. */
import type { adminFlash as en } from '../en/admin-flash'

export const adminFlash: typeof en = {
  user_invited: (name) => `Nous avons envoyé l’invitation à ${name}.`,
  user_edited: 'Le profil a été enregistré.',
  user_activated: 'Le compte a été activé.',
  user_deactivated: 'Le compte a été désactivé et toutes les sessions ont été fermées.',
  user_deleted: 'Le compte a été supprimé.',
  user_unlocked: 'Le compte a été déverrouillé.',
  second_factor_removed:
    'L’authentification à deux facteurs a été réinitialisée et toutes les sessions ont été fermées.',
  password_change_required: 'L’utilisateur doit maintenant choisir un nouveau mot de passe.',
  link_sent: 'L’e-mail a été envoyé.',
  role_given: (role) => `Le rôle ${role} a été ajouté.`,
  role_taken: (role) => `Le rôle ${role} a été retiré.`,
  user_session_ended: 'La session a été fermée.',
  user_sessions_ended: 'Toutes les sessions ont été fermées.',
  user_key_revoked: 'La clé d’API a été révoquée.',
  user_passkey_removed: 'La clé d’accès a été supprimée.',
  users_activated: (count) => `Utilisateurs activés : ${count}.`,
  users_deactivated: (count) => `Utilisateurs désactivés : ${count}.`,
  role_created: (role) => `Le rôle ${role} a été créé.`,
  role_saved: (role) => `Le rôle ${role} a été enregistré.`,
  role_deleted: (role) => `Le rôle ${role} a été supprimé.`,
  permission_created: (name) => `L’autorisation ${name} a été ajoutée.`,
  permission_deleted: (name) => `L’autorisation ${name} a été supprimée.`,
  outbox_retried: 'Une nouvelle tentative est en cours.',
}
