/** The texts with which pages ask who is acting before a sensitive action, in French. */
import type { stepUp as english } from '../en/step-up'

export const stepUp: typeof english = {
  title: 'Confirmez votre identité',
  lead: 'Pour protéger votre compte, nous vous le demandons avant toute modification sensible. Vous reprendrez ensuite là où vous en étiez.',
  forApp: (app) =>
    `${app} vous demande de confirmer votre identité. Vous continuerez ensuite là-bas.`,
  restricted:
    'Votre rôle exige l’authentification à deux facteurs. Confirmez votre identité pour continuer.',
  submit: 'Confirmer',
  byPasskey: 'Confirmer avec une clé d’accès',
  signedInWith: (methods) => `Connexion avec : ${methods}`,
  methods: {
    pwd: 'mot de passe',
    otp: 'code',
    rc: 'code de récupération',
    hwk: 'clé d’accès',
    swk: 'clé d’accès',
    fed: 'autre fournisseur',
    mail: 'e-mail',
  },
}
