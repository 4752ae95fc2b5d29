/** The page that lets a device sign in, in German. */
import type { Texts } from '../en'

export const device: Texts['device'] = {
  title: 'Auf einem Gerät anmelden',
  lead: 'Geben Sie den Code ein, den Ihr Gerät anzeigt.',
  code: 'Code',
  codeHint: 'Acht Buchstaben, groß oder klein.',
  compare:
    'Vergleichen Sie ihn mit dem Code auf Ihrem Gerät. Fahren Sie nur fort, wenn sie übereinstimmen.',
  submit: 'Weiter',
  decideTitle: (app) => `Auf Ihrem Gerät bei ${app} anmelden?`,
  decideLead: (app) => `Ein Gerät möchte sich mit Ihrem Konto bei ${app} anmelden:`,
  warning: (product) =>
    `Erlauben Sie das nur, wenn Sie die Anmeldung selbst begonnen haben, auf einem Gerät, das vor Ihnen steht. Wenn Ihnen jemand den Code geschickt hat, will die Person auf Ihr Konto zugreifen. Niemand von ${product} wird Ihnen je einen solchen Code schicken.`,
  device: 'Gerät',
  place: 'Ort',
  asked: 'Angefragt',
  allow: 'Erlauben',
  deny: 'Nicht erlauben',
  allowedTitle: 'Sie können zu Ihrem Gerät zurückkehren',
  allowedLead: (app) =>
    `Es wird in wenigen Sekunden bei ${app} angemeldet. Sie können diese Seite schließen.`,
  deniedTitle: 'Das Gerät wird nicht angemeldet',
  deniedLead: 'Wenn Ihnen jemand den Code geschickt hat, müssen Sie nichts weiter tun.',
}
