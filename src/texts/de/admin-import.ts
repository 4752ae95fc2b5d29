/** The console's import of users, in German. */
import type { imports as en } from '../en/admin-import'

export const imports: typeof en = {
  title: 'Benutzer importieren',
  lead: 'NDJSON mit einem Benutzer pro Zeile. Benutzer, die bereits ein Konto haben, werden übersprungen. Sie können dieselbe Datei also erneut senden.',
  file: 'Datei',
  fileHint: 'Mit JavaScript beliebig groß. Ohne JavaScript bis zu 1.000 Zeilen und 1 MiB.',
  text: 'Oder Zeilen hier einfügen',
  submit: 'Importieren',
  stop: 'Anhalten',
  example: 'Beispielzeile',
  exampleLead:
    'Erforderlich sind nur email und full_name. Passwort-Hashes aus anderen Systemen bleiben gültig (PBKDF2, bcrypt, scrypt, Argon2).',
  nothing: 'Wählen Sie eine Datei aus oder fügen Sie Zeilen ein.',
  resultTitle: 'Ergebnis',
  imported: 'Importiert',
  skipped: 'Übersprungen',
  refused: 'Zeilen mit Fehlern',
  line: 'Zeile',
  problem: 'Fehler',
  progress: 'Fortschritt',
  running: 'Import läuft …',
  finished: 'Der Import ist abgeschlossen.',
  stopped:
    'Import angehalten. Senden Sie dieselbe Datei erneut, um fortzufahren. Niemand wird doppelt importiert.',
  failed:
    'Der Server hat einen Teil der Datei abgelehnt. Senden Sie dieselbe Datei erneut, um fortzufahren. Niemand wird doppelt importiert.',
  whySkipped: 'Grund',
  allGood: 'Keine Fehler.',
  moreErrors: 'Nur die ersten 500 Fehler werden angezeigt.',
  moreSkipped: 'Nur die ersten 500 übersprungenen Zeilen werden angezeigt.',
  skips: {
    email_taken: 'Es gibt bereits ein Konto mit dieser E-Mail-Adresse.',
    address_kept:
      'Diese Adresse ist für einen Benutzer reserviert, der eine Änderung der E-Mail-Adresse noch rückgängig machen kann.',
    duplicate_in_chunk: 'Eine frühere Zeile hat dieselbe Adresse.',
    outranked:
      'Ein unbestätigtes Konto mit dieser Adresse hat Berechtigungen, die Sie nicht haben.',
  },
  issues: {
    malformed_line: 'Die Zeile ist kein gültiges JSON.',
    unknown_role: 'Diese Rolle gibt es nicht.',
    unknown_field: 'Unbekanntes Feld.',
    in_the_future: 'Das Erstellungsdatum darf nicht in der Zukunft liegen.',
    garbled: 'Die Datei ist kein gültiges UTF-8.',
    utf_16: 'Die Datei ist UTF-16. Speichern Sie sie als UTF-8.',
    not_ndjson:
      'Das ist ein JSON-Array oder eingerücktes JSON. Schreiben Sie ein JSON-Objekt pro Zeile (NDJSON).',
    empty_password_hash:
      'Das ist der Hash eines leeren Passworts. Lassen Sie hashed_password bei Benutzern ohne Passwort weg.',
    hash_not_checked:
      'Die Zeit reichte nicht aus, um diesen Passwort-Hash zu prüfen. Senden Sie die Zeile erneut.',
    too_many_lines: 'Höchstens 1.000 Zeilen auf einmal.',
  },
}
