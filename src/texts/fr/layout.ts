/** What stands around every page, in French: navigation, refusals, field errors, flash messages. */
import type { layout as english } from '../en/layout'
import { plural } from './plural'

const duration = (count: number): string => {
  if (count < 90)
    return plural(count, {
      one: `${count} seconde`,
      many: `${count} secondes`,
      other: `${count} secondes`,
    })
  const minutes = Math.ceil(count / 60)
  if (minutes < 90)
    return plural(minutes, {
      one: `${minutes} minute`,
      many: `${minutes} minutes`,
      other: `${minutes} minutes`,
    })
  const hours = Math.ceil(minutes / 60)
  return plural(hours, {
    one: `${hours} heure`,
    many: `${hours} heures`,
    other: `${hours} heures`,
  })
}

export const layout: typeof english = {
  languageName: 'Français',
  language: 'Langue',
  apiDocs: 'Documentation de l’API',
  skipToContent: 'Aller au contenu',
  account: 'Compte',
  admin: 'Administration',
  signIn: 'Se connecter',
  signOut: 'Se déconnecter',
  signedInAs: (name) => `Session ouverte par ${name}`,
  mainNavigation: 'Navigation principale',
  home: 'Accueil',
  back: 'Retour',
  cancel: 'Annuler',
  save: 'Enregistrer les modifications',
  optional: 'facultatif',
  show: 'Afficher',
  hide: 'Masquer',
  showPassword: 'Afficher le mot de passe',
  hidePassword: 'Masquer le mot de passe',
  errorTitle: (title) => `Erreur : ${title}`,
  device: (browser, system) => `${browser} sur ${system}`,
  unknownDevice: 'Appareil inconnu',
  unknownPlace: 'Lieu inconnu',

  errorPage: {
    titles: {
      malformed: 'Cela n’a pas fonctionné',
      unauthenticated: 'Veuillez vous connecter',
      forbidden: 'Vous n’avez pas accès à cette page',
      not_found: 'Page introuvable',
      method_not_allowed: 'Cela ne fonctionne pas ici',
      conflict: 'Ces données se contredisent',
      too_large: 'C’est trop volumineux',
      unsupported_media: 'Format illisible',
      invalid: 'Quelque chose ne va pas',
      throttled: 'Un instant, s’il vous plaît',
      unavailable: 'De retour dans un instant',
      internal: 'Une erreur s’est produite',
    },
    requestId: 'Requête',
    retryIn: (wait) => `Veuillez réessayer dans ${duration(wait)}.`,
    wrongOrigin:
      'Ce formulaire a été envoyé depuis un autre site ; rien n’a donc été fait. Si c’était vous, ouvrez la page ici et réessayez.',
    othersForm:
      'Votre session est maintenant celle d’un autre compte qu’à l’ouverture de ce formulaire ; rien n’a donc été modifié. Rouvrez la page pour modifier votre propre compte, ou connectez-vous d’abord avec l’autre compte.',
    notFound:
      'Il n’y a pas de page à cette adresse. Elle a peut-être été déplacée, ou le lien est incomplet.',
    toStart: 'Aller à la page d’accueil',
    settings: {
      title: 'Les paramètres sont incorrects',
      lead: 'Le service ne peut pas démarrer avec ces paramètres :',
      fix: 'Corrigez-les dans .dev.vars ou wrangler.toml et rechargez cette page. docs/configuration.md décrit chaque paramètre.',
    },
  },

  errors: {
    malformed_body:
      'Les données envoyées sont illisibles. Veuillez revenir en arrière et réessayer.',
    validation_failed: 'Veuillez vérifier les champs signalés ci-dessous.',
    invalid_token: 'Ce lien a expiré ou a déjà été utilisé.',
    email_taken: 'Il existe déjà un compte avec cette adresse.',
    invalid_credentials: 'L’adresse e-mail ou le mot de passe est incorrect.',
    account_not_active:
      'Ce compte n’est pas actif. Si vous venez de vous inscrire, confirmez d’abord votre adresse e-mail.',
    invalid_2fa_code: 'Ce code est incorrect ou a déjà été utilisé.',
    invalid_challenge: 'La connexion a pris trop de temps. Veuillez recommencer.',
    incorrect_password: 'Ce n’est pas votre mot de passe actuel.',
    no_pending_setup: 'La configuration a pris trop de temps. Veuillez la recommencer.',
    two_factor_already_on: 'L’authentification à deux facteurs est déjà activée.',
    two_factor_not_on: 'L’authentification à deux facteurs n’est pas activée.',
    too_many_attempts: 'Trop de tentatives.',
    invalid_access_token: 'Votre session n’est plus ouverte.',
    invalid_refresh_token: 'Votre session n’est plus ouverte.',
    password_expired: 'Votre mot de passe a expiré. Veuillez en choisir un nouveau.',
    two_factor_required: 'Votre rôle exige un second facteur. Veuillez le configurer.',
    wrong_setup_token: 'Le jeton d’installation est incorrect.',
    outranked: 'Cette personne dispose d’autorisations que vous n’avez pas.',
    last_admin: 'Le dernier administrateur actif doit le rester.',
    name_taken: 'Ce nom est déjà pris.',
    built_in: 'Ce qui est intégré ne peut pas être modifié de cette façon.',
    in_use: 'C’est encore utilisé.',
    limit_reached: 'Le nombre maximal est atteint.',
    changed_meanwhile: 'Cela a été modifié entre-temps. Veuillez vérifier de nouveau.',
    wrong_status: 'Le statut de ce compte ne le permet pas.',
    forbidden: 'Vous n’avez pas le droit de voir ou de faire cela.',
    not_found: 'Il n’y a rien ici.',
    method_not_allowed: 'Cette adresse n’accepte pas ce qui a été envoyé.',
    payload_too_large: 'Les données envoyées sont trop volumineuses.',
    unsupported_media_type: 'Les données envoyées ont un format qui n’est pas accepté ici.',
    effect_pending: 'La modification est enregistrée et prendra pleinement effet sous peu.',
    unavailable:
      'Le service n’est pas disponible pour le moment. Veuillez réessayer dans quelques instants.',
    internal: 'L’erreur vient de nous. Si elle se reproduit, indiquez-nous le numéro ci-dessous.',
  },

  issues: {
    required: () => 'Veuillez remplir ce champ.',
    too_small: () => 'Veuillez remplir ce champ.',
    too_big: () => 'C’est trop long.',
    invalid_email: () => 'Cela ne ressemble pas à une adresse e-mail.',
    unsupported_address: () =>
      'Cette adresse ne peut pas recevoir d’e-mails : devant le @, seuls sont possibles des lettres sans accent, des chiffres et des signes comme le point ou le tiret.',
    email_unchanged: () => 'C’est déjà votre adresse.',
    'full_name.too_short': () => 'Veuillez indiquer au moins 2 caractères.',
    'full_name.too_long': () => 'Veuillez indiquer au plus 255 caractères.',
    'bio.too_long': () => 'Veuillez écrire au plus 2000 caractères.',
    invalid_characters: () => 'Veuillez n’utiliser que des caractères ordinaires.',
    invalid_url: () => 'Veuillez indiquer une adresse qui commence par https://.',
    invalid_format: () => 'Veuillez l’écrire comme décrit ci-dessus.',
    'code.invalid_format': () => 'Un code comporte six chiffres.',
    'recovery_code.invalid_format': () =>
      'Un code de récupération comporte 16 lettres et chiffres.',
    password_too_short: (limit) => `Utilisez au moins ${limit} caractères.`,
    password_too_long: (limit) => `Utilisez au plus ${limit} caractères.`,
    password_no_uppercase: () => 'Utilisez au moins une lettre majuscule.',
    password_no_lowercase: () => 'Utilisez au moins une lettre minuscule.',
    password_no_digit: () => 'Utilisez au moins un chiffre.',
    password_no_special: () => 'Utilisez au moins un caractère spécial.',
    password_too_common: () => 'Ce mot de passe est facile à deviner.',
    password_contains_email: () => 'N’y utilisez pas votre adresse e-mail.',
    password_contains_name: () => 'N’y utilisez pas votre nom.',
    password_breached: () =>
      'Ce mot de passe est connu par une fuite de données. Choisissez-en un autre.',
    password_malformed: () => 'Veuillez ne pas utiliser de caractères de contrôle.',
    password_unchanged: () => 'Choisissez-en un qui diffère de l’actuel.',
    other: () => 'Cette valeur n’est pas acceptée.',
  },

  duration,
}
