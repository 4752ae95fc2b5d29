/** Passkeys on the hosted pages, in German. */
import type { passkeys as english } from '../en/passkeys'

export const passkeys: typeof english = {
  cancelled:
    'Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.',
  notCreated: 'Es wurde kein Passkey erstellt. Sie können es noch einmal versuchen.',
  failed:
    'Passkeys funktionieren hier gerade nicht. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.',
  exists: 'Auf diesem Gerät gibt es schon einen Passkey für Ihr Konto.',
  signIn: 'Mit Passkey anmelden',
  or: 'oder',
  use: 'Passkey verwenden',

  nav: 'Passkeys',
  title: 'Passkeys',
  lead: 'Mit einem Passkey melden Sie sich mit Fingerabdruck, Gesicht oder der PIN Ihres Geräts an. Er lässt sich nicht erraten und funktioniert nicht auf gefälschten Websites.',
  none: 'Sie haben noch keinen Passkey.',
  add: 'Passkey hinzufügen',
  addTitle: 'Passkey hinzufügen',
  addLead:
    'Ihr Browser fragt, wo er gespeichert werden soll: auf diesem Gerät, in einem Passwort-Manager, auf einem Smartphone oder auf einem Sicherheitsschlüssel.',
  noScript:
    'Um einen Passkey hinzuzufügen, verwenden Sie einen Browser, der Passkeys unterstützt, und erlauben Sie JavaScript.',
  full: (most) =>
    `Sie können höchstens ${most} Passkeys haben. Entfernen Sie einen, um einen anderen hinzuzufügen.`,
  created: 'Erstellt',
  lastUsed: 'Zuletzt verwendet',
  never: 'Nie verwendet',
  synced: 'Synchronisiert',
  deviceBound: 'Nur auf einem Gerät',
  thisDevice: 'Dieses Gerät',
  manage: 'Verwalten',
  manageOne: (name) => `Passkey ${name} verwalten`,

  name: 'Name',
  nameHint: 'Zum Beispiel das Gerät oder die App, in der er gespeichert ist.',
  facts: 'Details',
  device: 'Gespeichert in',
  kind: 'Art',
  syncedLead: 'Synchronisiert. Er kann auf Ihre anderen Geräte kopiert werden.',
  deviceBoundLead: 'Nur auf einem Gerät. Er kann nicht kopiert werden.',
  back: 'Alle Passkeys',
  removeTitle: 'Diesen Passkey entfernen',
  removeLead:
    'Sie können sich damit nicht mehr anmelden, und Sitzungen, die damit geöffnet wurden, werden beendet. Löschen Sie ihn danach auch auf Ihrem Gerät.',
  removeLast:
    'Sie können Ihren letzten Passkey nicht entfernen, weil Ihr Konto kein Passwort hat. Legen Sie zuerst ein Passwort fest.',
  remove: 'Passkey entfernen',

  offerTitle: 'Nächstes Mal schneller anmelden',
  offerLead:
    'Erstellen Sie einen Passkey, um sich statt mit einem Passwort mit Fingerabdruck, Gesicht oder der PIN Ihres Geräts anzumelden.',
  create: 'Passkey erstellen',
  later: 'Nicht jetzt',
  neverAsk: 'Nicht mehr fragen',

  codesLead:
    'Ihr Passkey wurde hinzugefügt. Wenn Sie ihn verlieren, können Sie mit einem dieser Codes bestätigen, dass Sie es sind. Jeder Code funktioniert einmal. Sie können die Codes später nicht mehr ansehen.',

  instead: 'Stattdessen einen Passkey verwenden',
  insteadOfChosen:
    'Der Passkey ersetzt das Passwort, das Sie gewählt haben. Sie können später ein neues festlegen.',
  insteadLead: 'Sie brauchen dann kein Passwort. Sie können später eines festlegen.',
}
