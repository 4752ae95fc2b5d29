/** What the console says once after something was done, in French; part of the catalogue's `flash`. */
import type { adminFlash as en } from '../en/admin-flash'

export const adminFlash: typeof en = {
  user_invited: (name) => `L’invitation destinée à ${name} est en route.`,
  user_edited: 'Le profil est enregistré.',
  user_activated: 'Le compte est actif.',
  user_deactivated: 'Le compte est désactivé, et toutes les sessions ont pris fin.',
  user_deleted: 'Le compte est supprimé.',
  user_unlocked: 'Le compte est déverrouillé.',
  second_factor_removed: 'Le second facteur est retiré, et toutes les sessions ont pris fin.',
  password_change_required: 'Un nouveau mot de passe est désormais exigé.',
  link_sent: 'L’e-mail est en route.',
  role_given: (role) => `Le rôle ${role} est ajouté.`,
  role_taken: (role) => `Le rôle ${role} est retiré.`,
  user_session_ended: 'La session a pris fin.',
  user_sessions_ended: 'Toutes les sessions ont pris fin.',
  user_key_revoked: 'La clé d’API est révoquée.',
  users_activated: (count) => `Comptes activés : ${count}.`,
  users_deactivated: (count) => `Comptes désactivés : ${count}.`,
  role_created: (role) => `Le rôle ${role} est créé.`,
  role_saved: (role) => `Le rôle ${role} est enregistré.`,
  role_deleted: (role) => `Le rôle ${role} est supprimé.`,
  permission_created: (name) => `L’autorisation ${name} est ajoutée.`,
  permission_deleted: (name) => `L’autorisation ${name} est supprimée.`,
  outbox_retried: 'Une nouvelle tentative est en cours.',
}
