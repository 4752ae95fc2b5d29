/** The pages for visitors who are not signed in, in French. */
import type { signedOut as english } from '../en/signed-out'
import { plural } from './plural'

export const signedOut: typeof english = {
  email: 'Adresse e-mail',
  password: 'Mot de passe',
  newPassword: 'Nouveau mot de passe',
  fullName: 'Nom complet',
  back: 'Retour à la connexion',

  rules: {
    title: 'Exigences du mot de passe',
    met: 'respecté',
    failed: 'non respecté',
    length: (least) => `Au moins ${least} caractères`,
    uppercase: 'Une lettre majuscule',
    lowercase: 'Une lettre minuscule',
    digit: 'Un chiffre',
    special: 'Un caractère spécial, par exemple ! ou #',
    unguessable: 'Difficile à deviner, sans votre nom ni votre adresse e-mail',
  },

  signUp: {
    title: 'Créer votre compte',
    submit: 'Créer le compte',
    haveAccount: 'Vous avez déjà un compte ?',
  },
  checkMail: {
    title: 'Consultez vos e-mails',
    sentTo: (address) => `Nous avons envoyé un lien à ${address}.`,
    openIt: 'Ouvrez-le pour confirmer votre adresse e-mail.',
    nothing:
      'Vous n’avez rien reçu ? Vérifiez vos courriers indésirables ou demandez un nouvel envoi.',
    again: 'Envoyer de nouveau',
    askAddress: 'À quelle adresse devons-nous envoyer le lien ?',
    send: 'Envoyer le lien',
    other: 'Utiliser une autre adresse',
  },
  verify: {
    title: 'Confirmez votre adresse e-mail',
    lead: 'Vous pourrez utiliser votre compte après la confirmation.',
    submit: 'Confirmer mon adresse e-mail',
    spent: 'Ce lien a expiré ou votre adresse e-mail est déjà confirmée.',
    askAgain: 'Obtenir un nouveau lien',
  },
  decline: {
    title: 'Supprimer ce compte ?',
    lead: 'Quelqu’un a créé un compte avec votre adresse e-mail. Si ce n’était pas vous, supprimez le compte et toutes ses données.',
    submit: 'Supprimer le compte',
    spent: 'Ce lien a expiré ou le compte a déjà été supprimé ou confirmé.',
  },
  signIn: {
    title: 'Connexion',
    submit: 'Se connecter',
    remember: 'Rester connecté sur cet appareil',
    forgot: 'Mot de passe oublié ?',
    noAccount: 'Pas encore de compte ?',
    signUp: 'Créer un compte',
    resend: 'Recevoir un nouveau lien de confirmation',
    locked:
      'Vous n’avez pas besoin d’attendre. Réinitialisez votre mot de passe par e-mail pour vous connecter tout de suite.',
    lockedReset: 'Réinitialiser votre mot de passe',
  },
  secondFactor: {
    title: 'Authentification à deux facteurs',
    leads: {
      code: 'Saisissez le code de votre application d’authentification.',
      recovery_code:
        'Saisissez l’un des codes de récupération que vous avez enregistrés. Chaque code ne fonctionne qu’une fois.',
      passkey_code:
        'Utilisez votre clé d’accès ou saisissez le code de votre application d’authentification.',
      passkey_recovery_code:
        'Utilisez votre clé d’accès ou saisissez l’un de vos codes de récupération.',
    },
    code: 'Code à six chiffres',
    submit: 'Continuer',
    useRecovery: 'Utiliser plutôt un code de récupération',
    useCode: 'Utiliser plutôt l’application d’authentification',
    recoveryCode: 'Code de récupération',
    usePasskey: 'Utiliser plutôt la clé d’accès ou l’application d’authentification',
    trust: (days) =>
      plural(days, {
        one: `Ne plus demander sur ce navigateur pendant ${days} jour`,
        many: `Ne plus demander sur ce navigateur pendant ${days} jours`,
        other: `Ne plus demander sur ce navigateur pendant ${days} jours`,
      }),
  },
  forgot: {
    title: 'Mot de passe oublié ?',
    lead: 'Saisissez votre adresse e-mail et nous vous enverrons un lien pour choisir un nouveau mot de passe.',
    submit: 'Envoyer le lien',
    sentTitle: 'Consultez vos e-mails',
    sent: 'S’il existe un compte avec cette adresse, nous lui avons envoyé un lien pour choisir un nouveau mot de passe.',
    wait: 'L’e-mail peut mettre une minute à arriver. Si vous ne le recevez pas, vérifiez vos courriers indésirables ou réessayez.',
    again: 'Réessayer',
  },
  reset: {
    title: 'Choisir un nouveau mot de passe',
    lead: 'Vous serez déconnecté de tous vos appareils.',
    submit: 'Définir le nouveau mot de passe',
    spent: 'Ce lien a expiré ou a déjà été utilisé. Demandez-en un nouveau.',
    askAgain: 'Obtenir un nouveau lien',
  },
  confirmChange: {
    title: 'Utiliser cette adresse e-mail ?',
    lead: (account) =>
      `Le compte ${account} utilisera l’adresse e-mail à laquelle ce lien a été envoyé.`,
    account: 'Compte',
    askPassword: 'Si c’est votre compte, saisissez son mot de passe pour confirmer.',
    password: 'Mot de passe de ce compte',
    submit: 'Utiliser cette adresse',
    notMine: 'Vous ne connaissez pas ce compte ?',
    decline: 'Ce n’est pas mon compte',
    spent:
      'Ce lien a expiré ou a déjà été utilisé. Demandez de nouveau la modification dans votre compte.',
  },
  declineChange: {
    title: 'Ce n’est pas votre compte ?',
    lead: 'Quelqu’un a demandé à utiliser votre adresse e-mail pour son compte. Si vous refusez, le compte garde son adresse actuelle et nous prévenons son titulaire.',
    submit: 'Ce n’est pas mon compte',
    spent: 'Ce lien a expiré ou a déjà été utilisé. Vous n’avez rien d’autre à faire.',
  },
  undoChange: {
    title: 'Annuler le changement d’adresse e-mail ?',
    lead: 'Nous rétablirons votre ancienne adresse, fermerons toutes les sessions et désactiverons le mot de passe actuel. Vous recevrez un lien pour en choisir un nouveau.',
    submit: 'Annuler le changement',
    spent: 'Ce lien a expiré ou a déjà été utilisé.',
  },
  undoMethod: {
    title: 'Supprimer ce moyen de connexion ?',
    lead: 'Nous supprimerons la clé d’accès ou le navigateur de confiance dont parle l’e-mail et fermerons toutes les sessions. Si vous ne l’avez pas ajouté, changez ensuite de mot de passe.',
    submit: 'Supprimer',
    spent: 'Ce lien a expiré, ou ce qu’il supprime n’existe plus.',
  },
  invitation: {
    title: 'Bienvenue',
    lead: (product) => `Choisissez un mot de passe pour votre compte sur ${product}.`,
    nameHint: 'Laissez ce champ vide pour garder le nom indiqué dans votre invitation.',
    submit: 'Accepter l’invitation',
    spent:
      'Cette invitation a expiré ou a déjà été utilisée. Demandez-en une nouvelle à la personne qui vous l’a envoyée.',
  },
  setup: {
    title: 'Créer le premier administrateur',
    lead: 'Cette page ne peut être utilisée qu’une fois. Il vous faut le jeton d’installation.',
    token: 'Jeton d’installation',
    tokenHint: 'La valeur de SETUP_TOKEN.',
    submit: 'Créer l’administrateur',
    doneTitle: 'La configuration initiale est terminée',
    doneLead:
      'Cette installation a déjà un administrateur. Connectez-vous en tant qu’administrateur pour ouvrir l’administration.',
    toConsole: 'Ouvrir l’administration',
    noTokenTitle: 'La configuration initiale n’est pas disponible',
    noTokenLead:
      'Aucun jeton d’installation n’est configuré. Pour créer le premier administrateur, définissez SETUP_TOKEN et rouvrez cette page.',
    toSignIn: 'Aller à la connexion',
  },
}
