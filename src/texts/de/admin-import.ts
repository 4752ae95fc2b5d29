/** The console's import of users, in German. */
import type { imports as en } from '../en/admin-import'

export const imports: typeof en = {
  title: 'Personen importieren',
  lead: 'NDJSON: eine Person je Zeile. Wer schon ein Konto hat, wird übersprungen; dieselbe Datei darf also noch einmal kommen.',
  file: 'Datei',
  fileHint: 'Mit JavaScript beliebig groß; ohne bis 1.000 Zeilen und 1 MiB.',
  text: 'Oder Zeilen hier einfügen',
  submit: 'Importieren',
  stop: 'Anhalten',
  example: 'Wie eine Zeile aussieht',
  exampleLead:
    'Nötig sind nur email und full_name. Passwort-Hashes anderer Systeme bleiben gültig (PBKDF2, bcrypt, scrypt, Argon2).',
  nothing: 'Wählen Sie eine Datei oder fügen Sie Zeilen ein.',
  resultTitle: 'Ergebnis',
  imported: 'Importiert',
  skipped: 'Übersprungen',
  refused: 'Zeilen mit Fehlern',
  line: 'Zeile',
  problem: 'Was nicht stimmt',
  progress: 'Fortschritt',
  running: 'Import läuft …',
  finished: 'Der Import ist abgeschlossen.',
  stopped: 'Angehalten. Senden Sie dieselbe Datei noch einmal: Niemand wird doppelt importiert.',
  failed:
    'Der Server hat einen Teil der Datei abgelehnt. Senden Sie dieselbe Datei noch einmal: Niemand wird doppelt importiert.',
  whySkipped: 'Warum übersprungen',
  allGood: 'Keine Fehler.',
  moreErrors: 'Nur die ersten 500 Fehler werden gezeigt.',
  moreSkipped: 'Nur die ersten 500 übersprungenen Zeilen werden gezeigt.',
  skips: {
    email_taken: 'Zu dieser Adresse gibt es schon ein Konto.',
    address_kept:
      'Diese Adresse ist für eine Person reserviert, die eine Adressänderung noch zurücknehmen kann.',
    duplicate_in_chunk: 'Eine frühere Zeile hat dieselbe Adresse.',
    outranked:
      'Ein noch nicht bestätigtes Konto mit dieser Adresse hat Rechte, die Sie nicht haben.',
  },
  issues: {
    malformed_line: 'Die Zeile ist kein gültiges JSON.',
    unknown_role: 'Diese Rolle gibt es nicht.',
    unknown_field: 'Dieses Feld ist nicht bekannt.',
    in_the_future: 'Ein Konto kann nicht in der Zukunft entstanden sein.',
    garbled: 'Die Datei ist kein gültiges UTF-8.',
    utf_16: 'Die Datei ist UTF-16. Speichern Sie sie als UTF-8.',
    not_ndjson:
      'Das ist eine JSON-Liste oder eingerücktes JSON. Schreiben Sie ein JSON-Objekt je Zeile (NDJSON).',
    empty_password_hash:
      'Das ist der Hash des leeren Passworts. Lassen Sie hashed_password bei Personen ohne Passwort weg.',
    hash_not_checked:
      'Die Zeit reichte nicht, um diesen Passwort-Hash zu prüfen. Senden Sie die Zeile noch einmal.',
    too_many_lines: 'Höchstens 1.000 Zeilen auf einmal.',
  },
}
