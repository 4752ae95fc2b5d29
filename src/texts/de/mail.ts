/** The emails, in German. The first sentence continues the greeting, so it starts in lower case. */
import type { mail as english } from '../en/mail'

export const mail: typeof english = {
  greeting: (name) => (name === null ? 'Guten Tag,' : `Guten Tag ${name},`),
  expires: (when) => `Der Link funktioniert einmal und ist bis ${when} (UTC) gültig.`,
  requestMetadata: (when, device, country) =>
    `Zeit: ${when} (UTC). Gerät: ${device}. Land: ${country}.`,
  unknownCountry: 'unbekannt',
  notYou:
    'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und prüfen Sie Ihre Sitzungen.',
  details: {
    apiKey: (name, permissions, until) =>
      `${name === null ? '' : `Name: ${name}. `}Berechtigungen: ${permissions}. Gültig bis: ${until} (UTC).`,
    webhook: (host, change) =>
      `Endpunkt: ${host}.${change === null ? '' : ` Änderung: ${{ url: 'neue URL', secret: 'neues Secret', enabled: 'wieder aktiviert' }[change]}.`}`,
    rights: (given, userId, keyId, isActivation) =>
      [
        `Vergeben: ${given}.`,
        ...(userId === null ? [] : [`An den Benutzer mit der ID ${userId}.`]),
        ...(isActivation ? ['Grund: Das Konto wurde aktiviert.'] : []),
        ...(keyId === null ? [] : [`Mit Ihrem API-Schlüssel ${keyId}.`]),
      ].join(' '),
    notYou:
      'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück. Öffnen Sie dann die Seite unten, um Ihre Sitzungen zu beenden und Ihre API-Schlüssel zu widerrufen. Bitten Sie einen Administrator, das Audit-Protokoll zu prüfen.',
    sessions: 'Sitzungen und API-Schlüssel',
  },
  ignore: 'Falls Sie das nicht waren, können Sie diese E-Mail ignorieren.',
  emails: {
    'verify-email': {
      subject: (product) => `Bestätigen Sie Ihre E-Mail-Adresse für ${product}`,
      body: (product) =>
        `jemand, hoffentlich Sie selbst, hat sich mit dieser E-Mail-Adresse bei ${product} registriert. Bitte bestätigen Sie, dass die Adresse Ihnen gehört.`,
      action: 'E-Mail-Adresse bestätigen',
      second: {
        body: 'Falls Sie das nicht waren, löschen Sie das Konto:',
        action: 'Ich habe dieses Konto nicht erstellt',
      },
    },
    'account-exists': {
      subject: (product) => `Sie haben bereits ein Konto bei ${product}`,
      body: (product) =>
        `jemand, vielleicht Sie selbst, wollte sich mit dieser E-Mail-Adresse bei ${product} registrieren. Sie haben dort bereits ein Konto. Melden Sie sich an oder fordern Sie ein neues Passwort an, falls Sie Ihres vergessen haben.`,
    },
    'reset-password': {
      subject: (product) => `Setzen Sie Ihr Passwort für ${product} zurück`,
      body: (product) => `mit diesem Link können Sie ein neues Passwort für ${product} wählen.`,
      action: 'Neues Passwort wählen',
    },
    'confirm-email-change': {
      subject: (product) => `Bestätigen Sie Ihre neue E-Mail-Adresse für ${product}`,
      body: (product) =>
        `jemand möchte diese E-Mail-Adresse für ein Konto bei ${product} verwenden.`,
      account: (masked) =>
        `Es geht um das Konto ${masked}. Bestätigen Sie nur, wenn es Ihr Konto ist. Sie benötigen dazu das Passwort oder einen Browser, in dem Sie bei diesem Konto angemeldet sind.`,
      action: 'Bestätigen oder ablehnen',
      closing:
        'Falls Sie dieses Konto nicht kennen, öffnen Sie den Link und wählen Sie „Das ist nicht mein Konto“. Sie können diese E-Mail auch ignorieren. Ohne Ihre Bestätigung ändert sich nichts.',
    },
    'email-changed': {
      subject: (product) => `Ihre E-Mail-Adresse bei ${product} wurde geändert`,
      body: (product) =>
        `Ihr Konto bei ${product} verwendet jetzt eine andere E-Mail-Adresse. Falls Sie das nicht waren, machen Sie die Änderung rückgängig. Dadurch wird Ihre Adresse wiederhergestellt, alle Sitzungen werden beendet und das aktuelle Passwort wird ungültig.`,
      action: 'Änderung rückgängig machen',
    },
    'email-change-declined': {
      subject: (product) => `Die Änderung Ihrer E-Mail-Adresse bei ${product} wurde abgelehnt`,
      body: (product) =>
        `Sie wollten für Ihr Konto bei ${product} eine andere E-Mail-Adresse verwenden. Die Person, die diese Adresse nutzt, hat abgelehnt. Ihr Konto behält daher seine bisherige Adresse.`,
      closing:
        'Falls Sie sich vertippt haben, beantragen Sie die Änderung erneut. Falls Sie die Änderung nicht beantragt haben, ändern Sie Ihr Passwort und prüfen Sie Ihre Sitzungen.',
    },
    'email-set-by-admin': {
      subject: (product) => `Ihre E-Mail-Adresse bei ${product} wurde geändert`,
      body: (product) =>
        `ein Administrator hat die E-Mail-Adresse Ihres Kontos bei ${product} geändert.`,
    },
    'email-change-undone': {
      subject: (product) =>
        `Eine Änderung der E-Mail-Adresse bei ${product} wurde rückgängig gemacht`,
      body: (product) =>
        `Ihr Konto bei ${product} hat diese E-Mail-Adresse verwendet. Die Änderung wurde von der vorherigen Adresse aus rückgängig gemacht. Das Konto verwendet jetzt wieder diese vorherige Adresse.`,
      closing:
        'Alle Sitzungen wurden beendet und das Passwort ist ungültig. Falls Sie das nicht erwartet haben, wenden Sie sich an einen Administrator.',
    },
    'email-moved-back': {
      subject: (product) => `Ihr Konto bei ${product} verwendet wieder seine vorherige Adresse`,
      body: (product) =>
        `Ihr Konto bei ${product} hat diese E-Mail-Adresse verwendet. Es verwendet jetzt wieder seine vorherige Adresse.`,
      closing: 'Falls Sie das nicht erwartet haben, wenden Sie sich an einen Administrator.',
    },
    'account-erased': {
      subject: (product) => `Ihr Konto bei ${product} wurde gelöscht`,
      body: (product) => `Ihr Konto bei ${product} wurde mit allen Daten gelöscht.`,
    },
    'accept-invitation': {
      subject: (product) => `Sie wurden zu ${product} eingeladen`,
      body: (product) =>
        `für Sie wurde ein Konto bei ${product} erstellt. Wählen Sie ein Passwort, um es zu nutzen.`,
      action: 'Einladung annehmen',
    },
    'password-changed': {
      subject: (product) => `Ihr Passwort bei ${product} wurde geändert`,
      body: (product) =>
        `das Passwort Ihres Kontos bei ${product} wurde geändert und alle Sitzungen wurden beendet.`,
    },
    'two-factor-on': {
      subject: (product) => `Zwei-Faktor-Authentifizierung bei ${product} wurde aktiviert`,
      body: (product) =>
        `für Ihr Konto bei ${product} wurde die Zwei-Faktor-Authentifizierung aktiviert. Ab jetzt benötigen Sie zur Anmeldung einen Code aus Ihrer Authenticator-App.`,
    },
    'two-factor-off': {
      subject: (product) => `Zwei-Faktor-Authentifizierung bei ${product} wurde deaktiviert`,
      body: (product) =>
        `für Ihr Konto bei ${product} wurde die Zwei-Faktor-Authentifizierung deaktiviert. Ab jetzt benötigen Sie zur Anmeldung nur noch Ihr Passwort.`,
    },
    'two-factor-reset': {
      subject: (product) => `Zwei-Faktor-Authentifizierung bei ${product} wurde zurückgesetzt`,
      body: (product) =>
        `ein Administrator hat Ihre Authenticator-App, Ihre Wiederherstellungscodes, Ihre Passkeys und Ihre vertrauenswürdigen Browser aus Ihrem Konto bei ${product} entfernt.`,
    },
    'recovery-code-used': {
      subject: (product) => `Bei ${product} wurde ein Wiederherstellungscode verwendet`,
      body: (product) =>
        `jemand hat einen der Wiederherstellungscodes Ihres Kontos bei ${product} verwendet, um sich anzumelden oder eine Aktion zu bestätigen.`,
    },
    'recovery-codes-renewed': {
      subject: (product) => `Neue Wiederherstellungscodes bei ${product}`,
      body: (product) =>
        `die Wiederherstellungscodes Ihres Kontos bei ${product} wurden durch neue ersetzt. Die alten Codes gelten nicht mehr.`,
    },
    'new-device': {
      subject: (product) => `Neue Anmeldung bei ${product}`,
      body: (product) =>
        `jemand hat sich von einem neuen Gerät aus bei Ihrem Konto bei ${product} angemeldet.`,
    },
    'wrong-second-factor': {
      subject: (product) => `Jemand kennt Ihr Passwort für ${product}`,
      body: (product) =>
        `jemand hat das richtige Passwort für Ihr Konto bei ${product} eingegeben, aber einen falschen Zwei-Faktor-Code.`,
    },
    'password-blocked': {
      subject: (product) => `Wählen Sie ein neues Passwort für ${product}`,
      body: (product) =>
        `jemand hat das richtige Passwort für Ihr Konto bei ${product} und danach 20 falsche Zwei-Faktor-Codes eingegeben. Das Passwort funktioniert jetzt nur noch in Netzwerken, aus denen Sie sich bereits angemeldet haben. Bitte wählen Sie ein neues. Wählen Sie dazu auf der Anmeldeseite „Passwort vergessen?“, um einen Link zu erhalten.`,
    },
    'refresh-reused': {
      subject: (product) => `Eine Sitzung bei ${product} wurde beendet`,
      body: (product) =>
        `eine Sitzung Ihres Kontos bei ${product} wurde an zwei Orten gleichzeitig verwendet. Das kann bedeuten, dass sie gestohlen wurde. Wir haben sie deshalb beendet.`,
    },
    'passkey-added': {
      subject: (product) => `Bei ${product} wurde ein Passkey hinzugefügt`,
      body: (product) =>
        `Ihrem Konto bei ${product} wurde ein Passkey hinzugefügt. Wer ihn besitzt, kann sich als Sie anmelden. Falls Sie das nicht waren, entfernen Sie ihn mit diesem Link. Das beendet auch alle Sitzungen.`,
      action: 'Passkey entfernen',
    },
    'passkey-removed': {
      subject: (product) => `Bei ${product} wurde ein Passkey entfernt`,
      body: (product) =>
        `ein Passkey Ihres Kontos bei ${product} wurde entfernt. Mit ihm ist keine Anmeldung mehr möglich.`,
    },
    'passkey-copied': {
      subject: (product) => `Bitte prüfen Sie einen Passkey bei ${product}`,
      body: (product) =>
        `ein Passkey Ihres Kontos bei ${product} wurde so verwendet, als gäbe es eine Kopie davon. Falls Sie selbst keine angelegt haben, entfernen Sie diesen Passkey und fügen Sie einen neuen hinzu.`,
    },
    'browser-trusted': {
      subject: (product) => `Ein Browser gilt bei ${product} jetzt als vertrauenswürdig`,
      body: (product) =>
        `ein Browser darf sich jetzt allein mit Ihrem Passwort bei Ihrem Konto bei ${product} anmelden. Falls Sie das nicht waren, beenden Sie das mit diesem Link. Das beendet auch alle Sitzungen.`,
      action: 'Diesem Browser nicht mehr vertrauen',
    },
    'browser-trust-reused': {
      subject: (product) => `Ein Browser gilt bei ${product} nicht mehr als vertrauenswürdig`,
      body: (product) =>
        `ein Browser, der sich allein mit Ihrem Passwort bei Ihrem Konto bei ${product} anmelden durfte, wurde an zwei Orten verwendet. Das kann bedeuten, dass seine Daten kopiert wurden. Wir vertrauen ihm deshalb nicht mehr. Die nächste Anmeldung dort fragt wieder nach Ihrem zweiten Faktor.`,
    },
    'api-key-created': {
      subject: (product) => `Bei ${product} wurde ein API-Schlüssel erstellt`,
      body: (product) =>
        `mit Ihrem Konto bei ${product} wurde ein API-Schlüssel erstellt. Wer den Schlüssel hat, kann bis zu dessen Ablauf in Ihrem Namen handeln, auch wenn Sie sich abmelden.`,
    },
    'webhook-created': {
      subject: (product) => `Bei ${product} wurde ein Webhook erstellt`,
      body: (product) =>
        `mit Ihrem Konto bei ${product} wurde ein Webhook erstellt. Er sendet Ereignisse an einen anderen Server, bis er deaktiviert oder gelöscht wird.`,
    },
    'webhook-changed': {
      subject: (product) => `Bei ${product} wurde ein Webhook geändert`,
      body: (product) =>
        `bei ${product} wurde ein Webhook geändert. Sie erhalten diese E-Mail, weil Sie den Webhook erstellt oder geändert haben.`,
    },
    'admin-rights-given': {
      subject: (product) => `Bei ${product} wurden Administratorrechte vergeben`,
      body: (product) => `mit Ihrem Konto bei ${product} wurden Administratorrechte vergeben.`,
    },
  },
}
