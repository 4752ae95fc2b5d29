/** The texts of the page layout, in German: navigation, error pages, errors and field errors. */
import type { layout as english } from '../en/layout'
import { plural } from './plural'

const duration = (count: number): string => {
  if (count < 90) return plural(count, { one: '1 Sekunde', other: `${count} Sekunden` })
  const minutes = Math.ceil(count / 60)
  if (minutes < 90) return plural(minutes, { one: '1 Minute', other: `${minutes} Minuten` })
  const hours = Math.ceil(minutes / 60)
  return plural(hours, { one: '1 Stunde', other: `${hours} Stunden` })
}

export const layout: typeof english = {
  languageName: 'Deutsch',
  language: 'Sprache',
  apiDocs: 'API-Dokumentation',
  skipToContent: 'Zum Inhalt springen',
  account: 'Konto',
  admin: 'Verwaltung',
  signIn: 'Anmelden',
  signOut: 'Abmelden',
  signedInAs: (name) => `Angemeldet als ${name}`,
  mainNavigation: 'Hauptnavigation',
  home: 'Startseite',
  back: 'Zurück',
  cancel: 'Abbrechen',
  save: 'Änderungen speichern',
  optional: 'optional',
  show: 'Anzeigen',
  hide: 'Verbergen',
  showPassword: 'Passwort anzeigen',
  hidePassword: 'Passwort verbergen',
  errorTitle: (title) => `Fehler: ${title}`,
  device: (browser, system) => `${browser} auf ${system}`,
  unknownDevice: 'Unbekanntes Gerät',
  unknownPlace: 'Unbekannter Ort',

  errorPage: {
    titles: {
      malformed: 'Ihre Anfrage konnte nicht verarbeitet werden',
      unauthenticated: 'Bitte melden Sie sich an',
      forbidden: 'Sie haben keinen Zugriff auf diese Seite',
      not_found: 'Seite nicht gefunden',
      method_not_allowed: 'Diese Aktion ist hier nicht möglich',
      conflict: 'Diese Änderung ist nicht möglich',
      too_large: 'Die Anfrage ist zu groß',
      unsupported_media: 'Nicht unterstütztes Format',
      invalid: 'Bitte prüfen Sie Ihre Eingaben',
      throttled: 'Bitte warten Sie, bevor Sie es erneut versuchen',
      unavailable: 'Wir sind gleich wieder da',
      internal: 'Etwas ist schiefgelaufen',
    },
    requestId: 'Anfrage-ID',
    retryIn: (wait) => `Bitte versuchen Sie es in ${duration(wait)} erneut.`,
    wrongOrigin:
      'Dieses Formular wurde von einer anderen Website gesendet. Deshalb wurde nichts geändert. Falls Sie es selbst gesendet haben, öffnen Sie die Seite hier und versuchen Sie es erneut.',
    othersForm:
      'Sie sind jetzt mit einem anderen Konto angemeldet als beim Öffnen dieses Formulars. Deshalb wurde nichts geändert. Um Ihr eigenes Konto zu ändern, öffnen Sie die Seite erneut. Um das andere Konto zu ändern, melden Sie sich zuerst damit an.',
    notFound:
      'Unter dieser Adresse gibt es keine Seite. Vielleicht wurde sie verschoben oder der Link ist unvollständig.',
    toStart: 'Zur Startseite',
    settings: {
      title: 'Ungültige Einstellungen',
      lead: 'Der Dienst kann mit diesen Einstellungen nicht starten:',
      fix: 'Korrigieren Sie die Einstellungen in .dev.vars oder wrangler.toml und laden Sie diese Seite neu. Alle Einstellungen sind in docs/configuration.md beschrieben.',
    },
  },

  errors: {
    malformed_body:
      'Ihre Anfrage konnte nicht gelesen werden. Bitte gehen Sie zurück und versuchen Sie es erneut.',
    validation_failed: 'Bitte prüfen Sie die markierten Felder.',
    invalid_forwarded_client: 'Der Server, über den Sie kommen, ist nicht richtig eingerichtet.',
    invalid_token: 'Dieser Link ist abgelaufen oder wurde bereits verwendet.',
    email_taken: 'Es gibt bereits ein Konto mit dieser E-Mail-Adresse.',
    invalid_credentials: 'E-Mail-Adresse oder Passwort ist falsch.',
    account_not_active:
      'Dieses Konto ist nicht aktiv. Falls Sie sich gerade registriert haben, bestätigen Sie zuerst Ihre E-Mail-Adresse.',
    invalid_2fa_code: 'Dieser Code ist falsch oder wurde bereits verwendet.',
    unknown_passkey:
      'Dieser Passkey ist hier nicht bekannt. Verwenden Sie einen anderen Passkey oder Ihr Passwort.',
    invalid_passkey:
      'Dieser Passkey konnte nicht verwendet werden. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
    passkey_taken: 'Dieser Passkey wird bereits verwendet.',
    step_up_required: 'Bitte bestätigen Sie zuerst, dass Sie es sind.',
    last_way_in:
      'Das ist Ihre einzige Möglichkeit, sich anzumelden. Fügen Sie eine andere hinzu, bevor Sie sie entfernen.',
    invalid_challenge: 'Die Anmeldung hat zu lange gedauert. Bitte beginnen Sie von vorn.',
    incorrect_password: 'Das Passwort ist falsch.',
    no_pending_setup: 'Die Einrichtung hat zu lange gedauert. Bitte beginnen Sie von vorn.',
    two_factor_already_on: 'Die Zwei-Faktor-Authentifizierung ist bereits aktiviert.',
    two_factor_not_on: 'Die Zwei-Faktor-Authentifizierung ist nicht aktiviert.',
    too_many_attempts: 'Zu viele Versuche.',
    invalid_access_token: 'Sie sind nicht mehr angemeldet.',
    invalid_refresh_token: 'Sie sind nicht mehr angemeldet.',
    password_expired: 'Ihr Passwort ist abgelaufen. Bitte wählen Sie ein neues.',
    two_factor_required:
      'Ihre Rolle erfordert die Zwei-Faktor-Authentifizierung. Bitte richten Sie sie ein.',
    wrong_setup_token: 'Das Einrichtungstoken ist falsch.',
    outranked: 'Dieser Benutzer hat Berechtigungen, die Sie nicht haben.',
    last_admin: 'Es muss mindestens einen aktiven Administrator geben.',
    name_taken: 'Dieser Name ist bereits vergeben.',
    built_in: 'Integrierte Rollen und Berechtigungen können auf diese Weise nicht geändert werden.',
    no_secret: 'Diese App hat kein Geheimnis.',
    in_use: 'Dieser Eintrag wird noch verwendet.',
    limit_reached: 'Die Höchstzahl ist erreicht.',
    changed_meanwhile:
      'In der Zwischenzeit wurde etwas geändert. Bitte laden Sie die Seite neu und versuchen Sie es erneut.',
    wrong_status: 'Der Status dieses Kontos lässt das nicht zu.',
    forbidden: 'Dazu sind Sie nicht berechtigt.',
    not_found: 'Dieser Eintrag existiert nicht oder wurde gelöscht.',
    method_not_allowed: 'Diese Adresse unterstützt diese Art von Anfrage nicht.',
    payload_too_large: 'Die gesendeten Daten sind zu groß.',
    unsupported_media_type: 'Das Format der gesendeten Daten wird nicht unterstützt.',
    effect_pending: 'Ihre Änderung wurde gespeichert und wird in Kürze vollständig wirksam.',
    unavailable:
      'Der Dienst ist vorübergehend nicht verfügbar. Bitte versuchen Sie es gleich noch einmal.',
    internal:
      'Der Fehler liegt bei uns. Falls er erneut auftritt, teilen Sie uns bitte die Anfrage-ID unten mit.',
  },

  issues: {
    required: () => 'Bitte füllen Sie dieses Feld aus.',
    too_small: () => 'Bitte füllen Sie dieses Feld aus.',
    too_big: () => 'Die Eingabe ist zu lang.',
    invalid_email: () => 'Bitte geben Sie eine gültige E-Mail-Adresse ein.',
    unsupported_address: () =>
      'An diese Adresse können wir keine E-Mails senden. Vor dem @ sind nur die Buchstaben A bis Z, Ziffern und Sonderzeichen wie Punkt oder Bindestrich erlaubt.',
    email_unchanged: () => 'Das ist bereits Ihre E-Mail-Adresse.',
    'full_name.too_short': () => 'Verwenden Sie mindestens 2 Zeichen.',
    'full_name.too_long': () => 'Verwenden Sie höchstens 255 Zeichen.',
    'bio.too_long': () => 'Verwenden Sie höchstens 2.000 Zeichen.',
    invalid_characters: () => 'Die Eingabe enthält unzulässige Zeichen.',
    unknown_user_code: () =>
      'Diesen Code kennen wir nicht, oder er ist abgelaufen. Fordern Sie auf Ihrem Gerät einen neuen an.',
    invalid_url: () => 'Bitte geben Sie eine Adresse ein, die mit https:// beginnt.',
    invalid_format: () => 'Bitte verwenden Sie das oben beschriebene Format.',
    'code.invalid_format': () => 'Bitte geben Sie einen sechsstelligen Code ein.',
    'recovery_code.invalid_format': () =>
      'Ein Wiederherstellungscode hat 16 Buchstaben und Ziffern.',
    invalid_uri: () =>
      'Geben Sie eine vollständige Adresse ein, zum Beispiel https://example.com/path.',
    wrong_port: () => 'Nur Port 443 ist möglich.',
    ip_address: () => 'Verwenden Sie einen Hostnamen, keine IP-Adresse.',
    not_public: () => 'Dieser Host ist aus dem Internet nicht erreichbar.',
    own_host: () => 'Adressen dürfen nicht zu diesem Dienst zurückführen.',
    private_key: () =>
      'Das ist ein privater Schlüssel. Geben Sie den öffentlichen an, und ersetzen Sie diesen.',
    invalid_key: () =>
      'Das ist kein öffentlicher Schlüssel für P-256 oder für RSA mit mindestens 2.048 Bit.',
    'jwks.invalid_format': () => 'Das ist kein JSON.',
    'jwks.not_for_kind': () =>
      'Für eine App, die mit eigenem Schlüssel signiert, werden hier ihre öffentlichen Schlüssel benötigt.',
    not_https: () => 'Adressen müssen mit https:// beginnen.',
    scheme_without_dot: () =>
      'Ein eigenes Schema braucht einen Punkt, zum Beispiel com.example.app:/callback.',
    has_wildcard: () => 'Platzhalter werden nicht unterstützt.',
    has_fragment: () => 'Adressen dürfen kein # enthalten.',
    has_credentials: () => 'Adressen dürfen weder Benutzernamen noch Passwort enthalten.',
    has_answer_parameter: () =>
      'Adressen dürfen keine Parameter der Antwort wie code oder state enthalten.',
    own_origin: () => 'Adressen dürfen nicht zu diesem Dienst zurückführen.',
    own_audience: () => 'Dieser Name gehört diesem Dienst selbst.',
    repeated: () => 'Etwas ist doppelt aufgeführt.',
    not_for_kind: () => 'Bei einer App dieser Art ist das nicht möglich.',
    unknown_scope: () => 'Keine der gewählten APIs hat diesen Scope.',
    standard_scope: () => 'Einer der Namen ist ein Standard-Scope.',
    password_too_short: (limit) => `Verwenden Sie mindestens ${limit} Zeichen.`,
    password_too_long: (limit) => `Verwenden Sie höchstens ${limit} Zeichen.`,
    password_no_uppercase: () => 'Verwenden Sie mindestens einen Großbuchstaben.',
    password_no_lowercase: () => 'Verwenden Sie mindestens einen Kleinbuchstaben.',
    password_no_digit: () => 'Verwenden Sie mindestens eine Ziffer.',
    password_no_special: () => 'Verwenden Sie mindestens ein Sonderzeichen.',
    password_too_common: () => 'Dieses Passwort ist zu leicht zu erraten.',
    password_contains_email: () => 'Das Passwort darf Ihre E-Mail-Adresse nicht enthalten.',
    password_contains_name: () => 'Das Passwort darf Ihren Namen nicht enthalten.',
    password_breached: () =>
      'Dieses Passwort ist aus einem Datenleck bekannt. Wählen Sie ein anderes.',
    password_malformed: () => 'Das Passwort darf keine Steuerzeichen enthalten.',
    password_unchanged: () => 'Wählen Sie ein Passwort, das sich vom aktuellen unterscheidet.',
    other: () => 'Dieser Wert ist ungültig.',
  },
  duration,
}
