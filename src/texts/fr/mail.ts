/** The emails, in French. */
import type { mail as english } from '../en/mail'

export const mail: typeof english = {
  greeting: (name) => (name === null ? 'Bonjour,' : `Bonjour ${name},`),
  expires: (when) => `Le lien fonctionne une seule fois et expire le ${when} (UTC).`,
  requestMetadata: (when, device, country) =>
    `Date : ${when} (UTC). Appareil : ${device}. Pays : ${country}.`,
  unknownCountry: 'inconnu',
  notYou:
    'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et vérifiez vos sessions.',
  details: {
    apiKey: (name, permissions, until) =>
      `${name === null ? '' : `Nom : ${name}. `}Autorisations : ${permissions}. Valable jusqu’au ${until} (UTC).`,
    webhook: (host, change) =>
      `Point de terminaison : ${host}.${change === null ? '' : ` Modification : ${{ url: 'nouvelle URL', secret: 'nouveau secret', enabled: 'réactivation' }[change]}.`}`,
    rights: (given, userId, keyId, isActivation) =>
      [
        `Attribution : ${given}.`,
        ...(userId === null ? [] : [`À l’utilisateur dont l’identifiant est ${userId}.`]),
        ...(isActivation ? ['Motif : le compte a été activé.'] : []),
        ...(keyId === null ? [] : [`Par votre clé d’API ${keyId}.`]),
      ].join(' '),
    notYou:
      'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe. Ouvrez ensuite la page ci-dessous pour fermer vos sessions et révoquer vos clés d’API. Demandez à un administrateur de consulter le journal d’audit.',
    sessions: 'Sessions et clés d’API',
  },
  ignore: 'Si ce n’était pas vous, vous pouvez ignorer cet e-mail.',
  emails: {
    'verify-email': {
      subject: (product) => `Confirmez votre adresse e-mail pour ${product}`,
      body: (product) =>
        `Quelqu’un (nous espérons que c’est vous) s’est inscrit sur ${product} avec cette adresse e-mail. Veuillez confirmer qu’elle vous appartient.`,
      action: 'Confirmer mon adresse e-mail',
      second: {
        body: 'Si ce n’était pas vous, supprimez le compte :',
        action: 'Je n’ai pas créé ce compte',
      },
    },
    'account-exists': {
      subject: (product) => `Vous avez déjà un compte sur ${product}`,
      body: (product) =>
        `Quelqu’un, peut-être vous, a tenté de s’inscrire sur ${product} avec cette adresse e-mail. Vous avez déjà un compte. Connectez-vous, ou demandez un nouveau mot de passe si vous avez oublié le vôtre.`,
    },
    'reset-password': {
      subject: (product) => `Réinitialisez votre mot de passe pour ${product}`,
      body: (product) => `Ce lien vous permet de choisir un nouveau mot de passe pour ${product}.`,
      action: 'Choisir un nouveau mot de passe',
    },
    'confirm-email-change': {
      subject: (product) => `Confirmez votre nouvelle adresse e-mail pour ${product}`,
      body: (product) =>
        `Quelqu’un a demandé à utiliser cette adresse e-mail pour son compte sur ${product}.`,
      account: (masked) =>
        `Il s’agit du compte ${masked}. Ne confirmez que si c’est le vôtre. Il vous faut son mot de passe ou un navigateur connecté à ce compte.`,
      action: 'Confirmer ou refuser',
      closing:
        'Si vous ne connaissez pas ce compte, ouvrez le lien et choisissez « Ce n’est pas mon compte ». Vous pouvez aussi ignorer cet e-mail. Rien ne change sans votre confirmation.',
    },
    'email-changed': {
      subject: (product) => `Votre adresse e-mail sur ${product} a été modifiée`,
      body: (product) =>
        `Votre compte sur ${product} utilise désormais une autre adresse e-mail. Si ce n’était pas vous, annulez la modification. Votre adresse sera rétablie, toutes les sessions seront fermées et le mot de passe actuel sera désactivé.`,
      action: 'Annuler cette modification',
    },
    'email-change-declined': {
      subject: (product) => `Votre changement d’adresse e-mail sur ${product} a été refusé`,
      body: (product) =>
        `Vous avez demandé à utiliser une autre adresse e-mail pour votre compte sur ${product}. La personne qui utilise cette adresse a refusé. Votre compte garde donc son adresse actuelle.`,
      closing:
        'Si vous avez fait une faute de frappe, demandez de nouveau le changement. Si vous n’avez pas demandé ce changement, changez de mot de passe et vérifiez vos sessions.',
    },
    'email-set-by-admin': {
      subject: (product) => `Votre adresse e-mail sur ${product} a été modifiée`,
      body: (product) =>
        `Un administrateur a modifié l’adresse e-mail de votre compte sur ${product}.`,
    },
    'email-change-undone': {
      subject: (product) => `Un changement d’adresse e-mail sur ${product} a été annulé`,
      body: (product) =>
        `Votre compte sur ${product} utilisait cette adresse e-mail. Le changement a été annulé depuis l’adresse précédente. Le compte utilise de nouveau cette adresse précédente.`,
      closing:
        'Toutes les sessions ont été fermées et le mot de passe ne fonctionne plus. Si vous ne vous y attendiez pas, contactez un administrateur.',
    },
    'email-moved-back': {
      subject: (product) => `Votre compte sur ${product} utilise de nouveau son adresse précédente`,
      body: (product) =>
        `Votre compte sur ${product} utilisait cette adresse e-mail. Il utilise de nouveau son adresse précédente.`,
      closing: 'Si vous ne vous y attendiez pas, contactez un administrateur.',
    },
    'account-erased': {
      subject: (product) => `Votre compte sur ${product} a été supprimé`,
      body: (product) => `Votre compte sur ${product} et toutes ses données ont été supprimés.`,
    },
    'accept-invitation': {
      subject: (product) => `Vous êtes invité à rejoindre ${product}`,
      body: (product) =>
        `Un compte a été créé pour vous sur ${product}. Choisissez un mot de passe pour l’utiliser.`,
      action: 'Accepter l’invitation',
    },
    'password-changed': {
      subject: (product) => `Votre mot de passe sur ${product} a été modifié`,
      body: (product) =>
        `Le mot de passe de votre compte sur ${product} a été modifié et toutes les sessions ont été fermées.`,
    },
    'two-factor-on': {
      subject: (product) => `L’authentification à deux facteurs a été activée sur ${product}`,
      body: (product) =>
        `L’authentification à deux facteurs a été activée pour votre compte sur ${product}. Vous aurez désormais besoin d’un code de votre application d’authentification pour vous connecter.`,
    },
    'two-factor-off': {
      subject: (product) => `L’authentification à deux facteurs a été désactivée sur ${product}`,
      body: (product) =>
        `L’authentification à deux facteurs a été désactivée pour votre compte sur ${product}. Votre mot de passe suffit désormais pour vous connecter.`,
    },
    'two-factor-reset': {
      subject: (product) => `L’authentification à deux facteurs a été réinitialisée sur ${product}`,
      body: (product) =>
        `Un administrateur a retiré l’application d’authentification, les codes de récupération, les clés d’accès et les navigateurs de confiance de votre compte sur ${product}.`,
    },
    'recovery-code-used': {
      subject: (product) => `Un code de récupération a été utilisé sur ${product}`,
      body: (product) =>
        `Quelqu’un a utilisé l’un des codes de récupération de votre compte sur ${product}, pour se connecter ou pour confirmer une action.`,
    },
    'recovery-codes-renewed': {
      subject: (product) => `Nouveaux codes de récupération sur ${product}`,
      body: (product) =>
        `Les codes de récupération de votre compte sur ${product} ont été remplacés par de nouveaux. Les anciens codes ne fonctionnent plus.`,
    },
    'new-device': {
      subject: (product) => `Nouvelle connexion sur ${product}`,
      body: (product) =>
        `Quelqu’un s’est connecté à votre compte sur ${product} depuis un nouvel appareil.`,
    },
    'wrong-second-factor': {
      subject: (product) => `Quelqu’un connaît votre mot de passe pour ${product}`,
      body: (product) =>
        `Quelqu’un a saisi le bon mot de passe de votre compte sur ${product}, mais un code à deux facteurs incorrect.`,
    },
    'password-blocked': {
      subject: (product) => `Choisissez un nouveau mot de passe pour ${product}`,
      body: (product) =>
        `Quelqu’un a saisi le bon mot de passe de votre compte sur ${product}, puis 20 codes à deux facteurs incorrects. Le mot de passe ne fonctionne plus que sur les réseaux depuis lesquels vous vous êtes déjà connecté. Veuillez en choisir un nouveau. Pour recevoir un lien, choisissez « Mot de passe oublié ? » sur la page de connexion.`,
    },
    'refresh-reused': {
      subject: (product) => `Une session sur ${product} a été fermée`,
      body: (product) =>
        `Une session de votre compte sur ${product} a été utilisée à deux endroits à la fois. Cela peut signifier qu’elle a été volée. Nous l’avons donc fermée.`,
    },
    'passkey-added': {
      subject: (product) => `Une clé d’accès a été ajoutée sur ${product}`,
      body: (product) =>
        `Une clé d’accès a été ajoutée à votre compte sur ${product}. Toute personne qui la détient peut se connecter à votre place. Si ce n’était pas vous, supprimez-la avec ce lien. Cela ferme aussi toutes les sessions.`,
      action: 'Supprimer la clé d’accès',
    },
    'passkey-removed': {
      subject: (product) => `Une clé d’accès a été supprimée sur ${product}`,
      body: (product) =>
        `Une clé d’accès de votre compte sur ${product} a été supprimée. Elle ne permet plus de se connecter.`,
    },
    'passkey-copied': {
      subject: (product) => `Veuillez vérifier une clé d’accès sur ${product}`,
      body: (product) =>
        `Une clé d’accès de votre compte sur ${product} a été utilisée comme s’il en existait une copie. Si vous n’en avez pas fait vous-même, supprimez-la et ajoutez-en une nouvelle.`,
    },
    'browser-trusted': {
      subject: (product) => `Un navigateur est désormais de confiance sur ${product}`,
      body: (product) =>
        `Un navigateur peut désormais se connecter à votre compte sur ${product} avec votre seul mot de passe. Si ce n’était pas vous, retirez-lui cette confiance avec ce lien. Cela ferme aussi toutes les sessions.`,
      action: 'Ne plus faire confiance à ce navigateur',
    },
    'browser-trust-reused': {
      subject: (product) => `Un navigateur n’est plus de confiance sur ${product}`,
      body: (product) =>
        `Un navigateur qui pouvait se connecter à votre compte sur ${product} avec votre seul mot de passe a été utilisé à deux endroits. Cela peut signifier que ses données ont été copiées. Nous ne lui faisons donc plus confiance. La prochaine connexion redemandera votre second facteur.`,
    },
    'api-key-created': {
      subject: (product) => `Une clé d’API a été créée sur ${product}`,
      body: (product) =>
        `Une clé d’API a été créée avec votre compte sur ${product}. Toute personne qui la détient peut agir en votre nom jusqu’à son expiration, même après votre déconnexion.`,
    },
    'webhook-created': {
      subject: (product) => `Un webhook a été créé sur ${product}`,
      body: (product) =>
        `Un webhook a été créé avec votre compte sur ${product}. Il envoie des événements à un autre serveur jusqu’à ce qu’il soit désactivé ou supprimé.`,
    },
    'webhook-changed': {
      subject: (product) => `Un webhook a été modifié sur ${product}`,
      body: (product) =>
        `Un webhook a été modifié sur ${product}. Vous recevez cet e-mail parce que vous avez créé ou modifié ce webhook.`,
    },
    'admin-rights-given': {
      subject: (product) => `Des droits d’administrateur ont été accordés sur ${product}`,
      body: (product) =>
        `Votre compte sur ${product} a été utilisé pour accorder des droits d’administrateur.`,
    },
  },
}
