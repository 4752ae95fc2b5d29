/** The page that lets a device sign in, in German. */
import type { Texts } from '../en'

export const device: Texts['device'] = {
  title: 'Auf einem Gerät anmelden',
  lead: 'Geben Sie den Code ein, den Ihr Gerät anzeigt.',
  code: 'Code',
  codeHint: 'Acht Buchstaben. Groß- und Kleinschreibung spielt keine Rolle.',
  compare:
    'Vergleichen Sie ihn mit dem Code auf Ihrem Gerät. Fahren Sie nur fort, wenn beide gleich sind.',
  submit: 'Weiter',
  decideTitle: (app) => `${app} auf diesem Gerät anmelden?`,
  decideLead: (app) => `Ein Gerät möchte sich mit Ihrem Konto bei ${app} anmelden:`,
  warning: (product) =>
    `Erlauben Sie das nur, wenn Sie es selbst begonnen haben, auf einem Gerät, das Sie vor sich haben. Wenn Ihnen jemand den Code geschickt hat, will die Person auf Ihr Konto zugreifen. Niemand von ${product} wird Sie je nach einem solchen Code fragen.`,
  device: 'Gerät',
  place: 'Ort',
  asked: 'Angefragt',
  allow: 'Erlauben',
  deny: 'Nicht erlauben',
  allowedTitle: 'Sie können zu Ihrem Gerät zurückkehren',
  allowedLead: (app) =>
    `Es wird in wenigen Sekunden bei ${app} angemeldet. Sie können diese Seite schließen.`,
  deniedTitle: 'Das Gerät wird nicht angemeldet',
  deniedLead:
    'Es wurde nichts erlaubt. Wenn Ihnen jemand den Code geschickt hat, müssen Sie nichts weiter tun.',
}
