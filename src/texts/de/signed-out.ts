/** The pages for visitors who are not signed in, in German. */
import type { signedOut as english } from '../en/signed-out'
import { plural } from './plural'

export const signedOut: typeof english = {
  email: 'E-Mail-Adresse',
  password: 'Passwort',
  newPassword: 'Neues Passwort',
  fullName: 'Vollständiger Name',
  back: 'Zurück zur Anmeldung',

  rules: {
    title: 'Anforderungen an das Passwort',
    met: 'erfüllt',
    failed: 'nicht erfüllt',
    length: (least) => `Mindestens ${least} Zeichen`,
    uppercase: 'Ein Großbuchstabe',
    lowercase: 'Ein Kleinbuchstabe',
    digit: 'Eine Ziffer',
    special: 'Ein Sonderzeichen, zum Beispiel ! oder #',
    unguessable: 'Schwer zu erraten, ohne Ihren Namen oder Ihre E-Mail-Adresse',
  },

  signUp: {
    title: 'Konto erstellen',
    submit: 'Konto erstellen',
    haveAccount: 'Sie haben bereits ein Konto?',
  },
  checkMail: {
    title: 'Prüfen Sie Ihren Posteingang',
    sentTo: (address) => `Wir haben einen Link an ${address} gesendet.`,
    openIt: 'Bestätigen Sie damit Ihre E-Mail-Adresse.',
    nothing:
      'Keine E-Mail erhalten? Sehen Sie im Spam-Ordner nach oder lassen Sie sich den Link erneut senden.',
    again: 'Erneut senden',
    askAddress: 'An welche Adresse sollen wir den Link senden?',
    send: 'Link senden',
    other: 'Andere Adresse verwenden',
  },
  verify: {
    title: 'E-Mail-Adresse bestätigen',
    lead: 'Nach der Bestätigung können Sie Ihr Konto nutzen.',
    submit: 'E-Mail-Adresse bestätigen',
    spent: 'Dieser Link ist abgelaufen oder Ihre E-Mail-Adresse ist bereits bestätigt.',
    askAgain: 'Neuen Link anfordern',
  },
  decline: {
    title: 'Dieses Konto löschen?',
    lead: 'Jemand hat ein Konto mit Ihrer E-Mail-Adresse erstellt. Falls Sie das nicht waren, löschen Sie das Konto mit allen Daten.',
    submit: 'Konto löschen',
    spent: 'Dieser Link ist abgelaufen oder das Konto wurde bereits gelöscht oder bestätigt.',
  },
  signIn: {
    title: 'Anmelden',
    submit: 'Anmelden',
    remember: 'Auf diesem Gerät angemeldet bleiben',
    forgot: 'Passwort vergessen?',
    noAccount: 'Noch kein Konto?',
    signUp: 'Konto erstellen',
    resend: 'Neuen Bestätigungslink anfordern',
    locked:
      'Sie müssen nicht warten. Setzen Sie Ihr Passwort per E-Mail zurück, um sich sofort anzumelden.',
    lockedReset: 'Passwort zurücksetzen',
  },
  secondFactor: {
    title: 'Zwei-Faktor-Authentifizierung',
    leads: {
      code: 'Geben Sie den Code aus Ihrer Authenticator-App ein.',
      recovery_code:
        'Geben Sie einen Ihrer gespeicherten Wiederherstellungscodes ein. Jeder Code kann nur einmal verwendet werden.',
      passkey_code:
        'Verwenden Sie Ihren Passkey oder geben Sie den Code aus Ihrer Authenticator-App ein.',
      passkey_recovery_code:
        'Verwenden Sie Ihren Passkey oder geben Sie einen Ihrer Wiederherstellungscodes ein.',
    },
    code: 'Sechsstelliger Code',
    submit: 'Weiter',
    useRecovery: 'Stattdessen einen Wiederherstellungscode verwenden',
    useCode: 'Stattdessen die Authenticator-App verwenden',
    recoveryCode: 'Wiederherstellungscode',
    usePasskey: 'Stattdessen Passkey oder Authenticator-App verwenden',
    trust: (days) =>
      plural(days, {
        one: 'In diesem Browser 1 Tag lang nicht mehr fragen',
        other: `In diesem Browser ${days} Tage lang nicht mehr fragen`,
      }),
  },
  forgot: {
    title: 'Passwort vergessen?',
    lead: 'Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort wählen können.',
    submit: 'Link senden',
    sentTitle: 'Prüfen Sie Ihren Posteingang',
    sent: 'Falls es ein Konto mit dieser Adresse gibt, haben wir einen Link gesendet, mit dem Sie ein neues Passwort wählen können.',
    wait: 'Es kann eine Minute dauern, bis die E-Mail ankommt. Falls sie nicht ankommt, sehen Sie im Spam-Ordner nach oder versuchen Sie es erneut.',
    again: 'Erneut versuchen',
  },
  reset: {
    title: 'Neues Passwort wählen',
    lead: 'Sie werden auf allen Geräten abgemeldet.',
    submit: 'Neues Passwort festlegen',
    spent: 'Dieser Link ist abgelaufen oder wurde bereits verwendet. Fordern Sie einen neuen an.',
    askAgain: 'Neuen Link anfordern',
  },
  confirmChange: {
    title: 'Diese E-Mail-Adresse verwenden?',
    lead: (account) =>
      `Das Konto ${account} verwendet dann die E-Mail-Adresse, an die dieser Link gesendet wurde.`,
    account: 'Konto',
    askPassword: 'Wenn das Ihr Konto ist, geben Sie zur Bestätigung das Passwort ein.',
    password: 'Passwort dieses Kontos',
    submit: 'Diese Adresse verwenden',
    notMine: 'Sie kennen dieses Konto nicht?',
    decline: 'Das ist nicht mein Konto',
    spent:
      'Dieser Link ist abgelaufen oder wurde bereits verwendet. Beantragen Sie die Änderung in Ihrem Konto erneut.',
  },
  declineChange: {
    title: 'Nicht Ihr Konto?',
    lead: 'Jemand möchte Ihre E-Mail-Adresse für das eigene Konto verwenden. Wenn Sie ablehnen, behält das Konto die bisherige Adresse und wir benachrichtigen die Person.',
    submit: 'Das ist nicht mein Konto',
    spent: 'Dieser Link ist abgelaufen oder wurde bereits verwendet. Sie müssen nichts weiter tun.',
  },
  undoChange: {
    title: 'Änderung der E-Mail-Adresse rückgängig machen?',
    lead: 'Wir stellen Ihre bisherige Adresse wieder her, beenden alle Sitzungen und machen das aktuelle Passwort ungültig. Sie erhalten einen Link, mit dem Sie ein neues Passwort wählen können.',
    submit: 'Änderung rückgängig machen',
    spent: 'Dieser Link ist abgelaufen oder wurde bereits verwendet.',
  },
  undoMethod: {
    title: 'Diese Anmeldemöglichkeit entfernen?',
    lead: 'Wir entfernen den Passkey oder den vertrauenswürdigen Browser, um den es in der E-Mail ging, und beenden alle Sitzungen. Falls Sie das nicht selbst hinzugefügt haben, ändern Sie danach Ihr Passwort.',
    submit: 'Entfernen',
    spent: 'Dieser Link ist abgelaufen, oder was er entfernt, gibt es nicht mehr.',
  },
  invitation: {
    title: 'Willkommen',
    lead: (product) => `Wählen Sie ein Passwort für Ihr Konto bei ${product}.`,
    nameHint: 'Lassen Sie das Feld leer, um den Namen aus der Einladung zu behalten.',
    submit: 'Einladung annehmen',
    spent:
      'Diese Einladung ist abgelaufen oder wurde bereits verwendet. Bitten Sie die Person, die Sie eingeladen hat, um eine neue.',
  },
  setup: {
    title: 'Ersten Administrator anlegen',
    lead: 'Diese Seite lässt sich nur einmal verwenden. Sie benötigen das Einrichtungstoken dieser Installation.',
    token: 'Einrichtungstoken',
    tokenHint: 'Der Wert von SETUP_TOKEN.',
    submit: 'Administrator anlegen',
    doneTitle: 'Die Einrichtung ist abgeschlossen',
    doneLead:
      'Diese Installation hat bereits einen Administrator. Melden Sie sich als Administrator an, um die Verwaltung zu öffnen.',
    toConsole: 'Verwaltung öffnen',
    noTokenTitle: 'Die Einrichtung ist nicht verfügbar',
    noTokenLead:
      'Es ist kein Einrichtungstoken konfiguriert. Um den ersten Administrator anzulegen, setzen Sie SETUP_TOKEN und öffnen Sie diese Seite erneut.',
    toSignIn: 'Zur Anmeldung',
  },
}
