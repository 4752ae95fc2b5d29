/** Was jede Seite umgibt, auf Deutsch. */
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
  skipToContent: 'Zum Inhalt',
  account: 'Konto',
  admin: 'Verwaltung',
  signIn: 'Anmelden',
  signOut: 'Abmelden',
  signedInAs: (name) => `Angemeldet als ${name}`,
  mainNavigation: 'Hauptmenü',
  home: 'Start',
  back: 'Zurück',
  cancel: 'Abbrechen',
  save: 'Änderungen speichern',
  optional: 'freiwillig',
  show: 'Zeigen',
  hide: 'Verbergen',
  showPassword: 'Passwort zeigen',
  hidePassword: 'Passwort verbergen',
  errorTitle: (title) => `Fehler: ${title}`,
  device: (browser, system) => `${browser} auf ${system}`,
  unknownDevice: 'Unbekanntes Gerät',
  unknownPlace: 'Unbekannter Ort',

  errorPage: {
    titles: {
      malformed: 'Das hat nicht geklappt',
      unauthenticated: 'Bitte melden Sie sich an',
      forbidden: 'Das ist nicht für Sie bestimmt',
      not_found: 'Seite nicht gefunden',
      method_not_allowed: 'Das geht hier nicht',
      conflict: 'Das passt nicht zusammen',
      too_large: 'Das ist zu viel',
      unsupported_media: 'Das lässt sich nicht lesen',
      invalid: 'Da stimmt etwas nicht',
      throttled: 'Einen Moment, bitte',
      unavailable: 'Gleich wieder da',
      internal: 'Etwas ist schiefgegangen',
    },
    requestId: 'Anfrage',
    retryIn: (wait) => `Bitte versuchen Sie es in ${duration(wait)} noch einmal.`,
    wrongOrigin:
      'Dieses Formular kam von einer anderen Website, deshalb wurde nichts getan. Falls Sie es waren, öffnen Sie die Seite hier und versuchen Sie es noch einmal.',
    othersForm:
      'Sie sind inzwischen mit einem anderen Konto angemeldet als beim Öffnen dieses Formulars, deshalb wurde nichts geändert. Öffnen Sie die Seite noch einmal, um Ihr eigenes Konto zu ändern, oder melden Sie sich zuerst mit dem anderen Konto an.',
    notFound:
      'Unter dieser Adresse gibt es keine Seite. Vielleicht ist sie umgezogen, oder der Link ist unvollständig.',
    toStart: 'Zur Startseite',
    settings: {
      title: 'Die Einstellungen stimmen nicht',
      lead: 'Mit diesen Einstellungen kann der Dienst nicht starten:',
      fix: 'Korrigieren Sie sie in .dev.vars oder wrangler.toml und laden Sie diese Seite neu. docs/configuration.md beschreibt jede Einstellung.',
    },
  },

  errors: {
    malformed_body:
      'Was gesendet wurde, lässt sich nicht lesen. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
    validation_failed: 'Bitte prüfen Sie die markierten Felder.',
    invalid_token: 'Dieser Link ist abgelaufen oder wurde schon benutzt.',
    email_taken: 'Es gibt bereits ein Konto mit dieser Adresse.',
    invalid_credentials: 'E-Mail-Adresse oder Passwort stimmt nicht.',
    account_not_active:
      'Dieses Konto ist nicht aktiv. Wenn Sie sich gerade registriert haben, bestätigen Sie zuerst Ihre E-Mail-Adresse.',
    invalid_2fa_code: 'Dieser Code stimmt nicht, oder er wurde schon benutzt.',
    invalid_challenge: 'Die Anmeldung hat zu lange gedauert. Bitte beginnen Sie von vorn.',
    incorrect_password: 'Das ist nicht Ihr jetziges Passwort.',
    no_pending_setup: 'Die Einrichtung hat zu lange gedauert. Bitte beginnen Sie sie noch einmal.',
    two_factor_already_on: 'Die Zwei-Faktor-Anmeldung ist schon eingeschaltet.',
    two_factor_not_on: 'Die Zwei-Faktor-Anmeldung ist nicht eingeschaltet.',
    too_many_attempts: 'Zu viele Versuche.',
    invalid_access_token: 'Sie sind nicht mehr angemeldet.',
    invalid_refresh_token: 'Sie sind nicht mehr angemeldet.',
    password_expired: 'Ihr Passwort ist abgelaufen. Bitte wählen Sie ein neues.',
    two_factor_required: 'Ihre Rolle verlangt einen zweiten Faktor. Bitte richten Sie ihn ein.',
    wrong_setup_token: 'Das Einrichtungs-Token stimmt nicht.',
    outranked: 'Diese Person darf Dinge, die Sie nicht dürfen.',
    last_admin: 'Der letzte aktive Administrator muss bleiben.',
    name_taken: 'Dieser Name ist vergeben.',
    built_in: 'Was eingebaut ist, lässt sich so nicht ändern.',
    in_use: 'Das wird noch benutzt.',
    limit_reached: 'Mehr davon darf es nicht geben.',
    changed_meanwhile: 'Das wurde inzwischen geändert. Bitte sehen Sie es noch einmal an.',
    wrong_status: 'Der Zustand dieses Kontos lässt das nicht zu.',
    forbidden: 'Das dürfen Sie nicht sehen oder tun.',
    not_found: 'Hier ist nichts.',
    method_not_allowed: 'Diese Adresse nimmt nicht an, was gesendet wurde.',
    payload_too_large: 'Was gesendet wurde, ist zu groß.',
    unsupported_media_type: 'Was gesendet wurde, hat eine Form, die hier nicht angenommen wird.',
    effect_pending: 'Die Änderung ist gespeichert und wirkt in Kürze vollständig.',
    unavailable:
      'Der Dienst ist gerade nicht verfügbar. Bitte versuchen Sie es gleich noch einmal.',
    internal:
      'Der Fehler liegt bei uns. Wenn er wieder auftritt, nennen Sie uns bitte die Nummer unten.',
  },

  issues: {
    required: () => 'Bitte füllen Sie dieses Feld aus.',
    too_small: () => 'Bitte füllen Sie dieses Feld aus.',
    too_big: () => 'Das ist zu lang.',
    invalid_email: () => 'Das sieht nicht wie eine E-Mail-Adresse aus.',
    unsupported_address: () =>
      'Diese Adresse ist per E-Mail nicht erreichbar: Vor dem @ sind nur die Buchstaben A bis Z, Ziffern und Sonderzeichen wie Punkt oder Bindestrich möglich.',
    email_unchanged: () => 'Das ist bereits Ihre Adresse.',
    'full_name.too_short': () => 'Bitte geben Sie mindestens 2 Zeichen an.',
    'full_name.too_long': () => 'Bitte geben Sie höchstens 255 Zeichen an.',
    'bio.too_long': () => 'Bitte schreiben Sie höchstens 2000 Zeichen.',
    invalid_characters: () => 'Bitte verwenden Sie nur gewöhnliche Zeichen.',
    invalid_url: () => 'Bitte geben Sie eine Adresse an, die mit https:// beginnt.',
    invalid_format: () => 'Bitte schreiben Sie es wie oben beschrieben.',
    'code.invalid_format': () => 'Ein Code hat sechs Ziffern.',
    'recovery_code.invalid_format': () =>
      'Ein Wiederherstellungscode hat 16 Buchstaben und Ziffern.',
    password_too_short: (limit) => `Verwenden Sie mindestens ${limit} Zeichen.`,
    password_too_long: (limit) => `Verwenden Sie höchstens ${limit} Zeichen.`,
    password_no_uppercase: () => 'Verwenden Sie mindestens einen Großbuchstaben.',
    password_no_lowercase: () => 'Verwenden Sie mindestens einen Kleinbuchstaben.',
    password_no_digit: () => 'Verwenden Sie mindestens eine Ziffer.',
    password_no_special: () => 'Verwenden Sie mindestens ein Sonderzeichen.',
    password_too_common: () => 'Dieses Passwort ist leicht zu erraten.',
    password_contains_email: () => 'Verwenden Sie darin nicht Ihre E-Mail-Adresse.',
    password_contains_name: () => 'Verwenden Sie darin nicht Ihren Namen.',
    password_breached: () =>
      'Dieses Passwort ist aus einem Datenleck bekannt. Wählen Sie ein anderes.',
    password_malformed: () => 'Bitte lassen Sie Steuerzeichen weg.',
    password_unchanged: () => 'Wählen Sie eines, das sich vom jetzigen unterscheidet.',
    other: () => 'Das geht so nicht.',
  },
  duration,
}
