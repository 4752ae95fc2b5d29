/** Die Mails, auf Deutsch. */
import type { mail as english } from '../en/mail'

export const mail: typeof english = {
  greeting: (name) => (name === null ? 'Guten Tag,' : `Guten Tag ${name},`),
  expires: (when) => `Der Link funktioniert einmal und bis ${when} (UTC).`,
  requestMetadata: (when, device, country) =>
    `Wann: ${when} (UTC). Gerät: ${device}. Land: ${country}.`,
  unknownCountry: 'unbekannt',
  notYou:
    'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und prüfen Sie Ihre Sitzungen.',
  details: {
    apiKey: (name, permissions, until) =>
      `${name === null ? '' : `Name: ${name}. `}Berechtigungen: ${permissions}. Gültig bis: ${until} (UTC).`,
    webhook: (host, change) =>
      `Empfänger: ${host}.${change === null ? '' : ` Geändert: ${{ url: 'die Adresse', secret: 'das Geheimnis', enabled: 'wieder eingeschaltet' }[change]}.`}`,
    rights: (given, userId, keyId, isActivation) =>
      [
        `Vergeben: ${given}.`,
        ...(userId === null ? [] : [`An das Konto mit der Nummer ${userId}.`]),
        ...(isActivation ? ['Grund: Das Konto wurde aktiviert.'] : []),
        ...(keyId === null ? [] : [`Mit Ihrem API-Schlüssel ${keyId}.`]),
      ].join(' '),
    notYou:
      'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück. Beenden Sie danach auf dieser Seite Ihre Sitzungen, und widerrufen Sie Ihre API-Schlüssel. Bitten Sie einen Administrator, das Protokoll zu prüfen.',
    sessions: 'Sitzungen und API-Schlüssel',
  },
  ignore: 'Falls Sie das nicht waren, müssen Sie nichts tun: Ohne diese Mail geschieht nichts.',
  emails: {
    'verify-email': {
      subject: (product) => `Bestätigen Sie Ihre E-Mail-Adresse für ${product}`,
      body: (product) =>
        `jemand, hoffentlich Sie selbst, hat bei ${product} ein Konto mit dieser Adresse angelegt. Bitte bestätigen Sie, dass sie Ihnen gehört.`,
      action: 'E-Mail-Adresse bestätigen',
      second: {
        body: 'Das waren nicht Sie? Dann entfernen Sie das Konto:',
        action: 'Ich habe dieses Konto nicht angelegt',
      },
    },
    'account-exists': {
      subject: (product) => `Sie haben bereits ein Konto bei ${product}`,
      body: (product) =>
        `jemand, vielleicht Sie selbst, wollte sich bei ${product} mit dieser Adresse registrieren. Es gibt dort bereits ein Konto: Melden Sie sich an, oder fordern Sie ein neues Passwort an, falls Sie Ihres vergessen haben.`,
    },
    'reset-password': {
      subject: (product) => `Neues Passwort für ${product}`,
      body: (product) => `mit diesem Link können Sie ein neues Passwort für ${product} wählen.`,
      action: 'Neues Passwort wählen',
    },
    'confirm-email-change': {
      subject: (product) => `Bestätigen Sie Ihre neue E-Mail-Adresse für ${product}`,
      body: (product) =>
        `jemand möchte, dass ein Konto bei ${product} von nun an diese Adresse verwendet.`,
      account: (masked) =>
        `Es geht um das Konto ${masked}. Bestätigen Sie nur, wenn es Ihres ist: Sie brauchen dazu das Passwort dieses Kontos oder einen Browser, in dem Sie dort angemeldet sind.`,
      action: 'Bestätigen oder ablehnen',
      closing:
        'Sie kennen dieses Konto nicht? Öffnen Sie den Link und wählen Sie „Das ist nicht meins“, oder tun Sie nichts: Ohne Sie ändert sich nichts.',
    },
    'email-changed': {
      subject: (product) => `Ihre E-Mail-Adresse bei ${product} wurde geändert`,
      body: (product) =>
        `Ihr Konto bei ${product} verwendet von nun an eine andere Adresse. Falls Sie das nicht waren, machen Sie es rückgängig: Ihre Adresse kommt zurück, jede Sitzung endet, und das Passwort wird ungültig.`,
      action: 'Änderung rückgängig machen',
    },
    'email-change-declined': {
      subject: (product) => `Eine Änderung der Adresse bei ${product} wurde abgelehnt`,
      body: (product) =>
        `Sie wollten für Ihr Konto bei ${product} eine andere Adresse verwenden. Die Person, die dort die Mails liest, hat angegeben, dass ihr das Konto nicht gehört; Ihr Konto behält daher seine bisherige Adresse.`,
      closing:
        'Falls Sie sich vertippt haben, beginnen Sie die Änderung noch einmal. Falls Sie das nicht waren, ändern Sie Ihr Passwort und prüfen Sie Ihre Sitzungen.',
    },
    'email-set-by-admin': {
      subject: (product) => `Ihre E-Mail-Adresse bei ${product} wurde geändert`,
      body: (product) =>
        `ein Administrator hat die E-Mail-Adresse Ihres Kontos bei ${product} geändert.`,
    },
    'email-change-undone': {
      subject: (product) => `Eine Änderung der Adresse bei ${product} wurde rückgängig gemacht`,
      body: (product) =>
        `Ihr Konto bei ${product} hat diese Adresse verwendet. Die Änderung wurde von der früheren Adresse aus rückgängig gemacht; das Konto gehört jetzt wieder zu ihr.`,
      closing:
        'Alle Sitzungen sind beendet, und das Passwort ist ungültig. Falls Sie das nicht erwartet haben, fragen Sie die Administratoren.',
    },
    'email-moved-back': {
      subject: (product) => `Ihr Konto bei ${product} hat wieder seine frühere Adresse`,
      body: (product) =>
        `Ihr Konto bei ${product} hat diese Adresse verwendet. Jetzt gilt für das Konto wieder die frühere Adresse.`,
      closing: 'Falls Sie das nicht erwartet haben, fragen Sie die Administratoren.',
    },
    'account-erased': {
      subject: (product) => `Ihr Konto bei ${product} wurde gelöscht`,
      body: (product) => `Ihr Konto bei ${product} und alles, was dazugehört, wurde gelöscht.`,
    },
    'accept-invitation': {
      subject: (product) => `Sie sind zu ${product} eingeladen`,
      body: (product) =>
        `für Sie wurde ein Konto bei ${product} angelegt. Wählen Sie ein Passwort, um es zu benutzen.`,
      action: 'Einladung annehmen',
    },
    'password-changed': {
      subject: (product) => `Ihr Passwort bei ${product} wurde geändert`,
      body: (product) =>
        `das Passwort Ihres Kontos bei ${product} wurde geändert, und alle Sitzungen sind beendet.`,
    },
    'two-factor-on': {
      subject: (product) => `Zwei-Faktor-Anmeldung bei ${product} ist eingeschaltet`,
      body: (product) => `Ihr Konto bei ${product} verlangt von nun an einen zweiten Faktor.`,
    },
    'two-factor-off': {
      subject: (product) => `Zwei-Faktor-Anmeldung bei ${product} ist ausgeschaltet`,
      body: (product) => `Ihr Konto bei ${product} verlangt keinen zweiten Faktor mehr.`,
    },
    'two-factor-reset': {
      subject: (product) => `Zwei-Faktor-Anmeldung bei ${product} wurde zurückgesetzt`,
      body: (product) =>
        `ein Administrator von ${product} hat den zweiten Faktor von Ihrem Konto entfernt.`,
    },
    'recovery-code-used': {
      subject: (product) => `Bei ${product} wurde ein Wiederherstellungscode benutzt`,
      body: (product) =>
        `jemand hat sich mit einem Ihrer Wiederherstellungscodes bei Ihrem Konto bei ${product} angemeldet.`,
    },
    'new-device': {
      subject: (product) => `Neue Anmeldung bei ${product}`,
      body: (product) =>
        `jemand hat sich bei Ihrem Konto bei ${product} von einem Gerät angemeldet, das wir noch nicht kennen.`,
    },
    'wrong-second-factor': {
      subject: (product) => `Jemand kennt Ihr Passwort für ${product}`,
      body: (product) =>
        `jemand hat das richtige Passwort Ihres Kontos bei ${product} eingegeben, aber einen falschen zweiten Faktor.`,
    },
    'password-blocked': {
      subject: (product) => `Wählen Sie ein neues Passwort für ${product}`,
      body: (product) =>
        `jemand hat das richtige Passwort Ihres Kontos bei ${product} und danach 20 falsche zweite Faktoren eingegeben. Aus Netzen, aus denen Sie sich noch nicht angemeldet haben, funktioniert dieses Passwort nicht mehr. Bitte wählen Sie ein neues: „Passwort vergessen?“ auf der Anmeldeseite schickt Ihnen einen Link.`,
    },
    'refresh-reused': {
      subject: (product) => `Eine Sitzung bei ${product} wurde beendet`,
      body: (product) =>
        `eine Sitzung Ihres Kontos bei ${product} wurde von zwei Orten zugleich benutzt, wie es geschieht, wenn eine gestohlen wird. Wir haben sie beendet.`,
    },
    'api-key-created': {
      subject: (product) => `Bei ${product} wurde ein API-Schlüssel angelegt`,
      body: (product) =>
        `mit Ihrem Konto bei ${product} wurde ein API-Schlüssel angelegt. Wer ihn hat, kann bis zu seinem Ablauf in Ihrem Namen handeln, auch nachdem Sie sich abgemeldet haben.`,
    },
    'webhook-created': {
      subject: (product) => `Bei ${product} wurde ein Webhook angelegt`,
      body: (product) =>
        `mit Ihrem Konto bei ${product} wurde ein Webhook angelegt. Er sendet Ereignisse an einen anderen Server, bis er abgeschaltet oder gelöscht wird.`,
    },
    'webhook-changed': {
      subject: (product) => `Bei ${product} wurde ein Webhook geändert`,
      body: (product) =>
        `bei ${product} wurde ein Webhook geändert. Sie erhalten diese Mail, weil Sie ihn angelegt oder geändert haben.`,
    },
    'admin-rights-given': {
      subject: (product) => `Bei ${product} wurden Administratorrechte vergeben`,
      body: (product) => `mit Ihrem Konto bei ${product} wurden Administratorrechte vergeben.`,
    },
  },
}
