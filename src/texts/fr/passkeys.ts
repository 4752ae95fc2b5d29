/** Passkeys on the hosted pages, in French. */
import type { passkeys as english } from '../en/passkeys'

export const passkeys: typeof english = {
  cancelled: 'Aucune clé d’accès n’a été utilisée. Réessayez ou choisissez un autre moyen.',
  notCreated: 'Aucune clé d’accès n’a été créée. Vous pouvez réessayer.',
  failed:
    'Les clés d’accès ne fonctionnent pas ici pour le moment. Réessayez ou choisissez un autre moyen.',
  exists: 'Cet appareil possède déjà une clé d’accès pour votre compte.',
  signIn: 'Se connecter avec une clé d’accès',
  or: 'ou',
  use: 'Utiliser une clé d’accès',

  nav: 'Clés d’accès',
  title: 'Clés d’accès',
  lead: 'Avec une clé d’accès, vous vous connectez par empreinte digitale, par reconnaissance faciale ou avec le code de votre appareil. Elle ne peut pas être devinée et ne fonctionne pas sur les faux sites.',
  none: 'Vous n’avez pas encore de clé d’accès.',
  add: 'Ajouter une clé d’accès',
  addTitle: 'Ajouter une clé d’accès',
  addLead:
    'Votre navigateur demande où l’enregistrer : sur cet appareil, dans un gestionnaire de mots de passe, sur un téléphone ou sur une clé de sécurité.',
  noScript:
    'Pour ajouter une clé d’accès, utilisez un navigateur qui les prend en charge et autorisez JavaScript.',
  full: (most) =>
    `Vous pouvez avoir au plus ${most} clés d’accès. Supprimez-en une pour en ajouter une autre.`,
  created: 'Créée',
  lastUsed: 'Dernière utilisation',
  never: 'Jamais utilisée',
  synced: 'Synchronisée',
  deviceBound: 'Sur un seul appareil',
  thisDevice: 'Cet appareil',
  manage: 'Gérer',
  manageOne: (name) => `Gérer la clé d’accès ${name}`,

  name: 'Nom',
  nameHint: 'Par exemple l’appareil ou l’application où elle se trouve.',
  facts: 'Détails',
  device: 'Enregistrée dans',
  kind: 'Type',
  syncedLead: 'Synchronisée. Elle peut être copiée sur vos autres appareils.',
  deviceBoundLead: 'Sur un seul appareil. Elle ne peut pas être copiée.',
  back: 'Toutes les clés d’accès',
  removeTitle: 'Supprimer cette clé d’accès',
  removeLead:
    'Vous ne pourrez plus l’utiliser pour vous connecter, et les sessions qu’elle a ouvertes prendront fin. Supprimez-la ensuite aussi sur votre appareil.',
  removeLast:
    'Vous ne pouvez pas supprimer votre dernière clé d’accès, car votre compte n’a pas de mot de passe. Définissez d’abord un mot de passe.',
  remove: 'Supprimer la clé d’accès',

  offerTitle: 'Connectez-vous plus vite la prochaine fois',
  offerLead:
    'Créez une clé d’accès pour vous connecter par empreinte digitale, par reconnaissance faciale ou avec le code de votre appareil au lieu d’un mot de passe.',
  create: 'Créer une clé d’accès',
  later: 'Pas maintenant',
  neverAsk: 'Ne plus demander',

  codesLead:
    'Votre clé d’accès a été ajoutée. Si vous la perdez, vous pourrez confirmer votre identité avec l’un de ces codes. Chaque code fonctionne une fois. Vous ne pourrez plus les revoir.',

  instead: 'Utiliser plutôt une clé d’accès',
  insteadOfChosen:
    'La clé d’accès remplace le mot de passe que vous avez choisi. Vous pourrez en définir un nouveau plus tard.',
  insteadLead: 'Vous n’aurez pas besoin de mot de passe. Vous pourrez en définir un plus tard.',
}
