/** Die Seiten für Menschen, die nicht angemeldet sind, auf Deutsch. */
import type { signedOut as english } from '../en/signed-out'

export const signedOut: typeof english = {
  email: 'E-Mail-Adresse',
  password: 'Passwort',
  newPassword: 'Neues Passwort',
  fullName: 'Vollständiger Name',
  back: 'Zurück zur Anmeldung',

  rules: {
    title: 'Ihr Passwort braucht',
    met: 'erfüllt',
    failed: 'nicht erfüllt',
    length: (least) => `mindestens ${least} Zeichen`,
    uppercase: 'einen Großbuchstaben',
    lowercase: 'einen Kleinbuchstaben',
    digit: 'eine Ziffer',
    special: 'ein Sonderzeichen, zum Beispiel ! oder #',
    unguessable: 'schwer zu erraten, ohne Ihren Namen und Ihre Adresse',
  },

  signUp: {
    title: 'Konto anlegen',
    submit: 'Konto anlegen',
    haveAccount: 'Sie haben schon ein Konto?',
  },
  checkMail: {
    title: 'Sehen Sie in Ihre Mails',
    sentTo: (address) => `Wir haben einen Link an ${address} geschickt.`,
    openIt:
      'Öffnen Sie ihn, um zu bestätigen, dass die Adresse Ihnen gehört; dann melden Sie sich an.',
    nothing: 'Nichts da? Sehen Sie in den Spam-Ordner, oder lassen Sie ihn noch einmal schicken.',
    again: 'Noch einmal schicken',
    askAddress: 'An welche Adresse sollen wir den Link schicken?',
    send: 'Link schicken',
    other: 'Eine andere Adresse',
  },
  verify: {
    title: 'E-Mail-Adresse bestätigen',
    lead: 'Ein Klick, und Ihr Konto ist bereit.',
    submit: 'E-Mail-Adresse bestätigen',
    spent: 'Dieser Link ist abgelaufen, oder Ihre Adresse ist schon bestätigt.',
    askAgain: 'Neuen Link anfordern',
  },
  decline: {
    title: 'Dieses Konto entfernen?',
    lead: 'Jemand hat ein Konto mit Ihrer Adresse angelegt. Falls Sie das nicht waren, entfernen Sie es: Nichts davon bleibt.',
    submit: 'Konto entfernen',
    spent: 'Dieser Link ist abgelaufen, oder das Konto ist schon entfernt oder in Gebrauch.',
  },
  signIn: {
    title: 'Anmelden',
    submit: 'Anmelden',
    remember: 'Auf diesem Gerät angemeldet bleiben',
    forgot: 'Passwort vergessen?',
    noAccount: 'Neu hier?',
    signUp: 'Konto anlegen',
    resend: 'Neuen Bestätigungslink anfordern',
    locked:
      'Sie müssen nicht warten: Sobald Sie Ihr Passwort per E-Mail zurückgesetzt haben, können Sie sich anmelden.',
    lockedReset: 'Passwort zurücksetzen',
  },
  secondFactor: {
    title: 'Zwei-Faktor-Anmeldung',
    lead: 'Öffnen Sie Ihre Authenticator-App und geben Sie den Code ein, den sie zeigt.',
    code: 'Sechsstelliger Code',
    submit: 'Weiter',
    useRecovery: 'Stattdessen einen Wiederherstellungscode benutzen',
    useCode: 'Stattdessen die Authenticator-App benutzen',
    recoveryLead:
      'Geben Sie einen der Wiederherstellungscodes ein, die Sie aufbewahrt haben. Jeder gilt einmal.',
    recoveryCode: 'Wiederherstellungscode',
  },
  forgot: {
    title: 'Passwort vergessen?',
    lead: 'Nennen Sie uns Ihre Adresse, und wir schicken Ihnen einen Link für ein neues.',
    submit: 'Link schicken',
    sentTitle: 'Sehen Sie in Ihre Mails',
    sent: 'Wenn es ein Konto mit dieser Adresse gibt, ist ein Link für ein neues Passwort unterwegs.',
    wait: 'Das kann eine Minute dauern. Nichts da? Sehen Sie in den Spam-Ordner, oder versuchen Sie es noch einmal.',
    again: 'Noch einmal versuchen',
  },
  reset: {
    title: 'Neues Passwort wählen',
    lead: 'Überall sonst werden Sie abgemeldet.',
    submit: 'Passwort setzen',
    spent: 'Dieser Link ist abgelaufen oder wurde schon benutzt. Fordern Sie einen neuen an.',
    askAgain: 'Neuen Link anfordern',
  },
  confirmChange: {
    title: 'Diese E-Mail-Adresse verwenden?',
    lead: (account) =>
      `Das Konto ${account} verwendet dann die Adresse, an die dieser Link geschickt wurde.`,
    account: 'Konto',
    askPassword: 'Wenn es Ihr Konto ist, bestätigen Sie mit dem Passwort dieses Kontos.',
    password: 'Passwort dieses Kontos',
    submit: 'Diese Adresse verwenden',
    notMine: 'Sie kennen dieses Konto nicht?',
    decline: 'Das ist nicht meins',
    spent:
      'Dieser Link ist abgelaufen oder wurde schon benutzt. Beginnen Sie die Änderung in Ihrem Konto noch einmal.',
  },
  declineChange: {
    title: 'Nicht Ihr Konto?',
    lead: 'Jemand möchte, dass sein Konto Ihre Adresse verwendet. Lehnen Sie ab: Das Konto behält seine bisherige Adresse, und der Inhaber erfährt davon.',
    submit: 'Das ist nicht meins',
    spent: 'Dieser Link ist abgelaufen oder wurde schon benutzt. Es geschieht nichts weiter.',
  },
  undoChange: {
    title: 'Änderung der Adresse rückgängig machen?',
    lead: 'Ihre alte Adresse kommt zurück, jede Sitzung endet, und das Passwort wird ungültig. Wir schicken Ihnen einen Link für ein neues.',
    submit: 'Rückgängig machen',
    spent: 'Dieser Link ist abgelaufen oder wurde schon benutzt.',
  },
  invitation: {
    title: 'Willkommen',
    lead: (product) => `Wählen Sie ein Passwort, um Ihr Konto bei ${product} zu benutzen.`,
    nameHint: 'Lassen Sie das Feld leer, um den Namen aus der Einladung zu behalten.',
    submit: 'Einladung annehmen',
    spent: 'Diese Einladung ist abgelaufen oder wurde schon benutzt. Bitten Sie um eine neue.',
  },
  setup: {
    title: 'Ersten Administrator anlegen',
    lead: 'Diese Seite funktioniert einmal, mit dem Einrichtungs-Token dieser Installation.',
    token: 'Einrichtungs-Token',
    tokenHint: 'Der Wert von SETUP_TOKEN.',
    submit: 'Administrator anlegen',
    doneTitle: 'Die Einrichtung ist abgeschlossen',
    doneLead:
      'Diese Installation hat bereits einen Administrator. Melden Sie sich als Administrator an, um die Konsole zu öffnen.',
    toConsole: 'Konsole öffnen',
    noTokenTitle: 'Die Einrichtung ist geschlossen',
    noTokenLead:
      'Es gibt kein Einrichtungs-Token. Um den ersten Administrator anzulegen, geben Sie dieser Installation ein SETUP_TOKEN und öffnen Sie diese Seite noch einmal.',
    toSignIn: 'Zur Anmeldung',
  },
}
