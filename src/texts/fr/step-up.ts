import type { stepUp as english } from '../en/step-up'

export const stepUp: typeof english = {
  title: 'Confirmez votre identité',
  lead: 'Pour protéger votre compte, veuillez confirmer votre identité. Votre modification sera ensuite effectuée.',
  restricted:
    'Votre rôle exige l’authentification à deux facteurs. Confirmez votre identité pour continuer.',
  submit: 'Confirmer',
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
