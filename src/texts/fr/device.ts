/** The page that lets a device sign in, in French. */
import type { Texts } from '../en'

export const device: Texts['device'] = {
  title: 'Se connecter sur un appareil',
  lead: 'Saisissez le code affiché par votre appareil.',
  code: 'Code',
  codeHint: 'Huit lettres, en majuscules ou en minuscules.',
  compare:
    'Comparez-le au code affiché par votre appareil. Ne continuez que s’ils sont identiques.',
  submit: 'Continuer',
  decideTitle: (app) => `Se connecter à ${app} sur votre appareil ?`,
  decideLead: (app) => `Un appareil demande à se connecter à ${app} avec votre compte :`,
  warning: (product) =>
    `N’autorisez cette demande que si vous l’avez faite vous-même, sur un appareil que vous avez sous les yeux. Si quelqu’un vous a envoyé le code, c’est qu’il veut accéder à votre compte. Personne chez ${product} ne vous enverra jamais un tel code.`,
  device: 'Appareil',
  place: 'Lieu',
  asked: 'Demandé',
  allow: 'Autoriser',
  deny: 'Ne pas autoriser',
  allowedTitle: 'Vous pouvez revenir à votre appareil',
  allowedLead: (app) =>
    `Il sera connecté à ${app} dans quelques secondes. Vous pouvez fermer cette page.`,
  deniedTitle: 'L’appareil ne sera pas connecté',
  deniedLead: 'Si quelqu’un vous a envoyé le code, vous n’avez rien d’autre à faire.',
}
