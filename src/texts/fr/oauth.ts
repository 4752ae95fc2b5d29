/** The texts of an app's sign-in, in French. */
import type { oauth as english } from '../en/oauth'

export const oauth: typeof english = {
  continueTo: (app) => `Continuer vers ${app}`,
  anotherAccount: 'Utiliser un autre compte',
  backTo: (app) => `Retour à ${app}`,

  going: {
    title: 'Un instant',
    lead: (app) => `Vous allez être redirigé vers ${app}.`,
    submit: 'Continuer',
  },

  consent: {
    title: (app) => `Autoriser ${app} à utiliser votre compte ?`,
    lead: (app) => `${app} demande l’accès à votre compte :`,
    signedInAs: 'Connecté en tant que',
    goesTo: 'Vous serez redirigé vers',
    publisher:
      'Cette application n’a pas été vérifiée. Ne l’autorisez que si vous faites confiance à son éditeur :',
    local: 'C’est un programme sur votre propre ordinateur.',
    allow: 'Autoriser',
    deny: 'Ne pas autoriser',
    policy: 'Politique de confidentialité',
    terms: 'Conditions d’utilisation',
    revoke: 'Vous pouvez révoquer cet accès à tout moment dans votre compte.',
    granted: 'déjà autorisé',
    use: 'Se connecter avec votre compte',
    of: (resource) => `Dans ${resource}`,
    scopes: {
      openid: 'Vous reconnaître à votre retour',
      profile: 'Voir votre nom et votre profil',
      email: 'Voir votre adresse e-mail',
      roles: 'Voir vos rôles',
      permissions: 'Voir vos autorisations',
      offline_access: 'Conserver cet accès quand vous n’utilisez pas l’application',
    },
  },

  select: {
    title: 'Choisissez un compte',
    lead: (app) => `${app} demande quel compte vous voulez utiliser.`,
    go: (name) => `Continuer en tant que ${name}`,
  },
  other: {
    title: 'Vous avez besoin d’un autre compte',
    lead: (app) => `${app} exige un autre compte que celui avec lequel vous êtes connecté.`,
  },
  notAllowed: {
    title: (app) => `Vous n’avez pas accès à ${app}`,
    lead: 'Votre compte n’a pas l’autorisation que cette application exige. Adressez-vous à un administrateur si vous en avez besoin.',
  },
  signOut: {
    title: 'Se déconnecter ?',
    leadOf: (app) => `${app} vous demande de vous déconnecter ici aussi.`,
    lead: 'Vous serez également déconnecté des applications auxquelles vous vous êtes connecté dans ce navigateur.',
    submit: 'Se déconnecter',
    stay: 'Rester connecté',
    gone: {
      title: 'Vous êtes déconnecté',
      lead: 'Vous pouvez fermer cette page.',
      signIn: 'Se reconnecter',
    },
  },
  refused: {
    title: 'Cette connexion ne peut pas continuer',
    leads: {
      unknown_app: 'L’application d’où vous venez n’est pas enregistrée ou a été désactivée.',
      unknown_redirect_uri:
        'L’application d’où vous venez a indiqué une adresse de retour qui n’est pas enregistrée pour elle.',
      repeated: 'L’application d’où vous venez a envoyé une demande illisible.',
      too_long: 'L’application d’où vous venez a envoyé une demande trop longue.',
      invalid:
        'L’application d’où vous venez a envoyé une demande que nous ne pouvons pas satisfaire.',
    },
    developers: 'Pour les développeurs de l’application :',
  },
}
