/** The texts of the page layout, in French: navigation, error pages, errors and field errors. */
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
  signedInAs: (name) => `Connecté en tant que ${name}`,
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
      malformed: 'Votre demande n’a pas pu être traitée',
      unauthenticated: 'Veuillez vous connecter',
      forbidden: 'Vous n’avez pas accès à cette page',
      not_found: 'Page introuvable',
      method_not_allowed: 'Cette action n’est pas disponible ici',
      conflict: 'Cette modification n’est pas possible',
      too_large: 'La demande est trop volumineuse',
      unsupported_media: 'Format non pris en charge',
      invalid: 'Veuillez vérifier votre saisie',
      throttled: 'Veuillez patienter avant de réessayer',
      unavailable: 'Nous revenons dans un instant',
      internal: 'Une erreur s’est produite',
    },
    requestId: 'Identifiant de la demande',
    retryIn: (wait) => `Veuillez réessayer dans ${duration(wait)}.`,
    wrongOrigin:
      'Ce formulaire a été envoyé depuis un autre site. Rien n’a donc été modifié. Si c’était vous, ouvrez la page sur ce site et réessayez.',
    othersForm:
      'Vous êtes maintenant connecté avec un autre compte qu’à l’ouverture de ce formulaire. Rien n’a donc été modifié. Pour modifier votre propre compte, rouvrez la page. Pour modifier l’autre compte, connectez-vous d’abord avec celui-ci.',
    notFound:
      'Il n’y a pas de page à cette adresse. Elle a peut-être été déplacée ou le lien est incomplet.',
    toStart: 'Aller à la page d’accueil',
    settings: {
      title: 'Paramètres incorrects',
      lead: 'Le service ne peut pas démarrer avec ces paramètres :',
      fix: 'Corrigez-les dans .dev.vars ou wrangler.toml, puis rechargez cette page. Tous les paramètres sont décrits dans docs/configuration.md.',
    },
  },

  errors: {
    malformed_body: 'Votre demande n’a pas pu être lue. Veuillez revenir en arrière et réessayer.',
    validation_failed: 'Veuillez vérifier les champs signalés.',
    invalid_forwarded_client: 'Le serveur par lequel vous passez n’est pas bien configuré.',
    invalid_token: 'Ce lien a expiré ou a déjà été utilisé.',
    email_taken: 'Il existe déjà un compte avec cette adresse e-mail.',
    invalid_credentials: 'Adresse e-mail ou mot de passe incorrect.',
    account_not_active:
      'Ce compte n’est pas actif. Si vous venez de vous inscrire, confirmez d’abord votre adresse e-mail.',
    invalid_2fa_code: 'Ce code est incorrect ou a déjà été utilisé.',
    unknown_passkey:
      'Cette clé d’accès n’est pas connue ici. Utilisez-en une autre ou votre mot de passe.',
    invalid_passkey:
      'Cette clé d’accès n’a pas pu être utilisée. Réessayez ou choisissez un autre moyen.',
    passkey_taken: 'Cette clé d’accès est déjà utilisée.',
    step_up_required: 'Veuillez d’abord confirmer votre identité.',
    last_way_in: 'C’est votre seul moyen de connexion. Ajoutez-en un autre avant de le supprimer.',
    invalid_challenge: 'Le délai de connexion a expiré. Veuillez recommencer.',
    incorrect_password: 'Mot de passe incorrect.',
    no_pending_setup: 'Le délai de configuration a expiré. Veuillez recommencer.',
    two_factor_already_on: 'L’authentification à deux facteurs est déjà activée.',
    two_factor_not_on: 'L’authentification à deux facteurs n’est pas activée.',
    too_many_attempts: 'Trop de tentatives.',
    invalid_access_token: 'Vous n’êtes plus connecté.',
    invalid_refresh_token: 'Vous n’êtes plus connecté.',
    password_expired: 'Votre mot de passe a expiré. Veuillez en choisir un nouveau.',
    two_factor_required:
      'Votre rôle exige l’authentification à deux facteurs. Veuillez la configurer.',
    wrong_setup_token: 'Jeton d’installation incorrect.',
    outranked: 'Cet utilisateur dispose d’autorisations que vous n’avez pas.',
    last_admin: 'Il doit y avoir au moins un administrateur actif.',
    name_taken: 'Ce nom est déjà pris.',
    built_in: 'Les rôles et autorisations intégrés ne peuvent pas être modifiés de cette façon.',
    no_secret: 'Cette application n’a pas de secret.',
    in_use: 'Cet élément est encore utilisé.',
    limit_reached: 'Le nombre maximal est atteint.',
    changed_meanwhile:
      'Cet élément a été modifié entre-temps. Veuillez recharger la page et réessayer.',
    wrong_status: 'Le statut de ce compte ne le permet pas.',
    forbidden: 'Vous n’êtes pas autorisé à faire cela.',
    not_found: 'Cet élément n’existe pas ou a été supprimé.',
    method_not_allowed: 'Cette adresse n’accepte pas ce type de demande.',
    payload_too_large: 'Les données envoyées sont trop volumineuses.',
    unsupported_media_type: 'Le format des données envoyées n’est pas pris en charge.',
    effect_pending: 'Votre modification a été enregistrée et prendra pleinement effet sous peu.',
    unavailable:
      'Le service est temporairement indisponible. Veuillez réessayer dans quelques instants.',
    internal:
      'L’erreur vient de nous. Si elle se reproduit, veuillez nous communiquer l’identifiant de la demande ci-dessous.',
  },

  issues: {
    required: () => 'Veuillez remplir ce champ.',
    too_small: () => 'Veuillez remplir ce champ.',
    too_big: () => 'La saisie est trop longue.',
    invalid_email: () => 'Saisissez une adresse e-mail valide.',
    unsupported_address: () =>
      'Nous ne pouvons pas envoyer d’e-mails à cette adresse. Avant le @, seuls les lettres sans accent, les chiffres et les signes comme le point ou le tiret sont autorisés.',
    email_unchanged: () => 'C’est déjà votre adresse e-mail.',
    'full_name.too_short': () => 'Utilisez au moins 2 caractères.',
    'full_name.too_long': () => 'Utilisez au plus 255 caractères.',
    'bio.too_long': () => 'Utilisez au plus 2 000 caractères.',
    invalid_characters: () => 'La saisie contient des caractères non autorisés.',
    unknown_user_code: () =>
      'Ce code est inconnu ou a expiré. Demandez-en un nouveau sur votre appareil.',
    invalid_url: () => 'Saisissez une adresse qui commence par https://.',
    invalid_format: () => 'Respectez le format décrit ci-dessus.',
    'code.invalid_format': () => 'Saisissez un code à six chiffres.',
    'recovery_code.invalid_format': () =>
      'Un code de récupération comporte 16 lettres et chiffres.',
    invalid_uri: () => 'Saisissez une adresse complète, par exemple https://example.com/path.',
    wrong_port: () => 'Seul le port 443 est possible.',
    ip_address: () => 'Utilisez un nom d’hôte, pas une adresse IP.',
    not_public: () => 'Cet hôte n’est pas accessible depuis Internet.',
    own_host: () => 'Les adresses ne peuvent pas ramener à ce service.',
    private_key: () =>
      'C’est une clé privée. Indiquez la clé publique, et remplacez cette paire de clés.',
    invalid_key: () => 'Ce n’est pas une clé publique P-256, ni une clé RSA d’au moins 2048 bits.',
    'jwks.invalid_format': () => 'Ce n’est pas du JSON.',
    'jwks.not_for_kind': () =>
      'Une application qui signe avec sa propre clé a besoin de ses clés publiques ici.',
    not_https: () => 'Les adresses doivent commencer par https://.',
    scheme_without_dot: () =>
      'Un schéma privé doit contenir un point, par exemple com.example.app:/callback.',
    has_wildcard: () => 'Les caractères génériques ne sont pas acceptés.',
    has_fragment: () => 'Les adresses ne peuvent pas contenir #.',
    has_credentials: () => 'Les adresses ne peuvent contenir ni nom d’utilisateur ni mot de passe.',
    has_answer_parameter: () =>
      'Les adresses ne peuvent pas contenir de paramètres de la réponse, comme code ou state.',
    own_origin: () => 'Les adresses ne peuvent pas ramener à ce service.',
    own_audience: () => 'Ce nom appartient à ce service.',
    repeated: () => 'Un élément figure deux fois.',
    not_for_kind: () => 'Une application de ce type ne peut pas avoir cela.',
    unknown_scope: () => 'Aucune des API choisies n’a cette portée.',
    standard_scope: () => 'L’un de ces noms est une portée standard.',
    password_too_short: (limit) => `Utilisez au moins ${limit} caractères.`,
    password_too_long: (limit) => `Utilisez au plus ${limit} caractères.`,
    password_no_uppercase: () => 'Utilisez au moins une lettre majuscule.',
    password_no_lowercase: () => 'Utilisez au moins une lettre minuscule.',
    password_no_digit: () => 'Utilisez au moins un chiffre.',
    password_no_special: () => 'Utilisez au moins un caractère spécial.',
    password_too_common: () => 'Ce mot de passe est trop facile à deviner.',
    password_contains_email: () => 'Le mot de passe ne peut pas contenir votre adresse e-mail.',
    password_contains_name: () => 'Le mot de passe ne peut pas contenir votre nom.',
    password_breached: () =>
      'Ce mot de passe figure dans une fuite de données. Choisissez-en un autre.',
    password_malformed: () => 'Le mot de passe ne peut pas contenir de caractères de contrôle.',
    password_unchanged: () => 'Choisissez un mot de passe différent de l’actuel.',
    other: () => 'Cette valeur n’est pas valide.',
  },

  duration,
}
