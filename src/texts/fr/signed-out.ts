/** The pages of people who are not signed in, in French. */
import type { signedOut as english } from '../en/signed-out'

export const signedOut: typeof english = {
  email: 'Adresse e-mail',
  password: 'Mot de passe',
  newPassword: 'Nouveau mot de passe',
  fullName: 'Nom complet',
  back: 'Retour à la connexion',

  rules: {
    title: 'Votre mot de passe doit comporter',
    met: 'respecté',
    failed: 'non respecté',
    length: (least) => `au moins ${least} caractères`,
    uppercase: 'une lettre majuscule',
    lowercase: 'une lettre minuscule',
    digit: 'un chiffre',
    special: 'un caractère spécial, par exemple ! ou #',
    unguessable: 'rien de facile à deviner, ni votre nom ni votre adresse',
  },

  signUp: {
    title: 'Créer votre compte',
    submit: 'Créer le compte',
    haveAccount: 'Vous avez déjà un compte ?',
  },
  checkMail: {
    title: 'Consultez vos e-mails',
    sentTo: (address) => `Nous avons envoyé un lien à ${address}.`,
    openIt: 'Ouvrez-le pour confirmer que l’adresse vous appartient, puis connectez-vous.',
    nothing: 'Rien reçu ? Regardez dans vos courriers indésirables, ou demandez un nouvel envoi.',
    again: 'Envoyer de nouveau',
    askAddress: 'À quelle adresse devons-nous envoyer le lien ?',
    send: 'Envoyer le lien',
    other: 'Utiliser une autre adresse',
  },
  verify: {
    title: 'Confirmez votre adresse e-mail',
    lead: 'Un clic, et votre compte est prêt.',
    submit: 'Confirmer mon adresse e-mail',
    spent: 'Ce lien a expiré, ou votre adresse est déjà confirmée.',
    askAgain: 'Obtenir un nouveau lien',
  },
  decline: {
    title: 'Supprimer ce compte ?',
    lead: 'Quelqu’un a créé un compte avec votre adresse. Si ce n’était pas vous, supprimez-le : il n’en restera rien.',
    submit: 'Supprimer le compte',
    spent: 'Ce lien a expiré, ou le compte est déjà supprimé ou utilisé.',
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
      'Vous n’avez pas besoin d’attendre : dès que vous aurez réinitialisé votre mot de passe par e-mail, vous pourrez vous connecter.',
    lockedReset: 'Réinitialiser votre mot de passe',
  },
  secondFactor: {
    title: 'Authentification à deux facteurs',
    lead: 'Ouvrez votre application d’authentification et saisissez le code qu’elle affiche.',
    code: 'Code à six chiffres',
    submit: 'Continuer',
    useRecovery: 'Utiliser plutôt un code de récupération',
    useCode: 'Utiliser plutôt l’application d’authentification',
    recoveryLead:
      'Saisissez l’un des codes de récupération que vous avez conservés. Chacun fonctionne une fois.',
    recoveryCode: 'Code de récupération',
  },
  forgot: {
    title: 'Mot de passe oublié ?',
    lead: 'Indiquez-nous votre adresse, et nous vous envoyons un lien pour en choisir un nouveau.',
    submit: 'Recevoir un lien',
    sentTitle: 'Consultez vos e-mails',
    sent: 'S’il existe un compte avec cette adresse, un lien pour choisir un nouveau mot de passe est en route.',
    wait: 'Cela peut prendre une minute. Rien reçu ? Regardez dans vos courriers indésirables, ou réessayez.',
    again: 'Réessayer',
  },
  reset: {
    title: 'Choisir un nouveau mot de passe',
    lead: 'Toutes vos autres sessions prendront fin.',
    submit: 'Définir le nouveau mot de passe',
    spent: 'Ce lien a expiré ou a déjà été utilisé. Demandez-en un nouveau.',
    askAgain: 'Obtenir un nouveau lien',
  },
  confirmChange: {
    title: 'Utiliser cette adresse e-mail ?',
    lead: (account) => `Le compte ${account} utilisera l’adresse à laquelle ce lien a été envoyé.`,
    account: 'Compte',
    askPassword: 'Si c’est votre compte, confirmez avec son mot de passe.',
    password: 'Mot de passe de ce compte',
    submit: 'Utiliser cette adresse',
    notMine: 'Vous ne connaissez pas ce compte ?',
    decline: 'Ce n’est pas le mien',
    spent:
      'Ce lien a expiré ou a déjà été utilisé. Demandez de nouveau la modification dans votre compte.',
  },
  declineChange: {
    title: 'Ce n’est pas votre compte ?',
    lead: 'Quelqu’un a demandé que son compte utilise votre adresse. Refusez : le compte garde son adresse actuelle, et son titulaire reçoit un e-mail.',
    submit: 'Ce n’est pas le mien',
    spent: 'Ce lien a expiré ou a déjà été utilisé. Rien d’autre ne se passera.',
  },
  undoChange: {
    title: 'Annuler le changement d’adresse ?',
    lead: 'Votre ancienne adresse est rétablie, toutes les sessions prennent fin et le mot de passe est annulé. Nous vous envoyons un lien pour en choisir un nouveau.',
    submit: 'Annuler le changement',
    spent: 'Ce lien a expiré ou a déjà été utilisé.',
  },
  invitation: {
    title: 'Bienvenue',
    lead: (product) => `Choisissez un mot de passe pour utiliser votre compte sur ${product}.`,
    nameHint: 'Laissez ce champ vide pour garder le nom indiqué dans votre invitation.',
    submit: 'Accepter l’invitation',
    spent:
      'Cette invitation a expiré ou a déjà été utilisée. Demandez-en une nouvelle à la personne qui vous l’a envoyée.',
  },
  setup: {
    title: 'Créer le premier administrateur',
    lead: 'Cette page fonctionne une seule fois, avec le jeton d’installation.',
    token: 'Jeton d’installation',
    tokenHint: 'La valeur de SETUP_TOKEN.',
    submit: 'Créer l’administrateur',
    doneTitle: 'L’installation est terminée',
    doneLead:
      'Cette installation a un administrateur. Connectez-vous en tant qu’administrateur pour ouvrir la console.',
    toConsole: 'Ouvrir la console',
    noTokenTitle: 'L’installation est fermée',
    noTokenLead:
      'Il n’y a pas de jeton d’installation. Pour créer le premier administrateur, donnez un SETUP_TOKEN à cette installation et rouvrez cette page.',
    toSignIn: 'Aller à la connexion',
  },
}
