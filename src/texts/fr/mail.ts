/** The mails, in French. */
import type { mail as english } from '../en/mail'

export const mail: typeof english = {
  greeting: (name) => (name === null ? 'Bonjour,' : `Bonjour ${name},`),
  expires: (when) => `Le lien fonctionne une seule fois, jusqu’au ${when} (UTC).`,
  requestMetadata: (when, device, country) =>
    `Date : ${when} (UTC). Appareil : ${device}. Pays : ${country}.`,
  unknownCountry: 'inconnu',
  notYou:
    'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et vérifiez vos sessions.',
  details: {
    apiKey: (name, permissions, until) =>
      `${name === null ? '' : `Nom : ${name}. `}Autorisations : ${permissions}. Valable jusqu’au ${until} (UTC).`,
    webhook: (host, change) =>
      `Destinataire : ${host}.${change === null ? '' : ` Modification : ${{ url: 'l’adresse', secret: 'le secret', enabled: 'réactivation' }[change]}.`}`,
    rights: (given, userId, keyId, isActivation) =>
      [
        `Attribution : ${given}.`,
        ...(userId === null ? [] : [`À l’utilisateur dont l’identifiant est ${userId}.`]),
        ...(isActivation ? ['Motif : le compte a été activé.'] : []),
        ...(keyId === null ? [] : [`Par votre clé d’API ${keyId}.`]),
      ].join(' '),
    notYou:
      'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe, puis mettez fin à vos sessions et révoquez vos clés d’API sur cette page. Demandez à un administrateur de consulter le journal d’audit.',
    sessions: 'Sessions et clés d’API',
  },
  ignore: 'Si ce n’était pas vous, vous n’avez rien à faire : sans cet e-mail, rien ne se passe.',
  emails: {
    'verify-email': {
      subject: (product) => `Confirmez votre adresse e-mail pour ${product}`,
      body: (product) =>
        `Quelqu’un, vous-même nous l’espérons, a créé un compte sur ${product} avec cette adresse. Veuillez confirmer qu’elle vous appartient.`,
      action: 'Confirmer mon adresse e-mail',
      second: {
        body: 'Ce n’était pas vous ? Alors supprimez le compte :',
        action: 'Je n’ai pas créé ce compte',
      },
    },
    'account-exists': {
      subject: (product) => `Vous avez déjà un compte sur ${product}`,
      body: (product) =>
        `Quelqu’un, peut-être vous-même, a tenté de s’inscrire sur ${product} avec cette adresse. Un compte existe déjà : connectez-vous, ou demandez un nouveau mot de passe si vous avez oublié le vôtre.`,
    },
    'reset-password': {
      subject: (product) => `Réinitialisez votre mot de passe pour ${product}`,
      body: (product) => `Ce lien vous permet de choisir un nouveau mot de passe pour ${product}.`,
      action: 'Choisir un nouveau mot de passe',
    },
    'confirm-email-change': {
      subject: (product) => `Confirmez votre nouvelle adresse e-mail pour ${product}`,
      body: (product) =>
        `Quelqu’un a demandé qu’un compte sur ${product} utilise désormais cette adresse.`,
      account: (masked) =>
        `Il s’agit du compte ${masked}. Ne confirmez que si c’est le vôtre : il vous faut son mot de passe, ou un navigateur où sa session est ouverte.`,
      action: 'Confirmer ou refuser',
      closing:
        'Vous ne connaissez pas ce compte ? Ouvrez le lien et choisissez « Ce n’est pas le mien », ou ne faites rien : sans vous, rien ne change.',
    },
    'email-changed': {
      subject: (product) => `Votre adresse e-mail sur ${product} a été modifiée`,
      body: (product) =>
        `Votre compte sur ${product} utilise désormais une autre adresse. Si ce n’était pas vous, annulez la modification : votre adresse est rétablie, toutes les sessions prennent fin et le mot de passe est annulé.`,
      action: 'Annuler cette modification',
    },
    'email-change-declined': {
      subject: (product) => `Un changement d’adresse sur ${product} a été refusé`,
      body: (product) =>
        `Vous avez demandé que votre compte sur ${product} utilise une autre adresse. La personne qui y lit les e-mails indique que ce compte n’est pas le sien ; votre compte garde donc son adresse actuelle.`,
      closing:
        'Si vous avez fait une faute de frappe, demandez de nouveau le changement. Si ce n’était pas vous, changez de mot de passe et vérifiez vos sessions.',
    },
    'email-set-by-admin': {
      subject: (product) => `Votre adresse e-mail sur ${product} a été modifiée`,
      body: (product) =>
        `Un administrateur a modifié l’adresse e-mail de votre compte sur ${product}.`,
    },
    'email-change-undone': {
      subject: (product) => `Un changement d’adresse sur ${product} a été annulé`,
      body: (product) =>
        `Votre compte sur ${product} utilisait cette adresse. Le changement a été annulé depuis l’adresse précédente, à laquelle le compte appartient de nouveau.`,
      closing:
        'Toutes les sessions ont pris fin et le mot de passe est annulé. Si vous ne vous y attendiez pas, adressez-vous aux administrateurs.',
    },
    'email-moved-back': {
      subject: (product) => `Votre compte sur ${product} a retrouvé son ancienne adresse`,
      body: (product) =>
        `Votre compte sur ${product} utilisait cette adresse. Il a retrouvé son adresse précédente.`,
      closing: 'Si vous ne vous y attendiez pas, adressez-vous aux administrateurs.',
    },
    'account-erased': {
      subject: (product) => `Votre compte sur ${product} a été supprimé`,
      body: (product) =>
        `Votre compte sur ${product} et tout ce qui s’y rapporte ont été supprimés.`,
    },
    'accept-invitation': {
      subject: (product) => `Invitation sur ${product}`,
      body: (product) =>
        `Un compte a été créé pour vous sur ${product}. Choisissez un mot de passe pour l’utiliser.`,
      action: 'Accepter l’invitation',
    },
    'password-changed': {
      subject: (product) => `Votre mot de passe sur ${product} a été modifié`,
      body: (product) =>
        `Le mot de passe de votre compte sur ${product} a été modifié, et toutes les sessions ont pris fin.`,
    },
    'two-factor-on': {
      subject: (product) => `L’authentification à deux facteurs est activée sur ${product}`,
      body: (product) => `Votre compte sur ${product} demande désormais un second facteur.`,
    },
    'two-factor-off': {
      subject: (product) => `L’authentification à deux facteurs est désactivée sur ${product}`,
      body: (product) => `Votre compte sur ${product} ne demande plus de second facteur.`,
    },
    'two-factor-reset': {
      subject: (product) => `L’authentification à deux facteurs a été réinitialisée sur ${product}`,
      body: (product) =>
        `Sur ${product}, un administrateur a retiré le second facteur de votre compte.`,
    },
    'recovery-code-used': {
      subject: (product) => `Un code de récupération a été utilisé sur ${product}`,
      body: (product) =>
        `Quelqu’un s’est connecté à votre compte sur ${product} avec l’un de vos codes de récupération.`,
    },
    'new-device': {
      subject: (product) => `Nouvelle connexion sur ${product}`,
      body: (product) =>
        `Quelqu’un s’est connecté à votre compte sur ${product} depuis un appareil que nous n’avions encore jamais vu.`,
    },
    'wrong-second-factor': {
      subject: (product) => `Quelqu’un connaît votre mot de passe pour ${product}`,
      body: (product) =>
        `Quelqu’un a saisi le bon mot de passe de votre compte sur ${product}, mais un second facteur erroné.`,
    },
    'password-blocked': {
      subject: (product) => `Choisissez un nouveau mot de passe pour ${product}`,
      body: (product) =>
        `Quelqu’un a saisi le bon mot de passe de votre compte sur ${product}, puis 20 seconds facteurs erronés. Depuis les réseaux que vous n’avez encore jamais utilisés, ce mot de passe ne fonctionne plus. Veuillez en choisir un nouveau : « Mot de passe oublié ? » sur la page de connexion vous envoie un lien.`,
    },
    'refresh-reused': {
      subject: (product) => `Une session sur ${product} a été fermée`,
      body: (product) =>
        `Une session de votre compte sur ${product} a été utilisée depuis deux endroits à la fois, comme cela arrive lorsqu’une session est volée. Nous y avons mis fin.`,
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
        `Un webhook a été modifié sur ${product}. Vous recevez cet e-mail parce que vous l’avez créé ou modifié.`,
    },
    'admin-rights-given': {
      subject: (product) => `Des droits d’administrateur ont été accordés sur ${product}`,
      body: (product) =>
        `Votre compte sur ${product} a été utilisé pour accorder des droits d’administrateur.`,
    },
  },
}
